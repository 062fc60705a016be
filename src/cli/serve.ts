import { readFile } from 'node:fs/promises';
import { AttestdError } from '../errors.js';
import { type LogLevel, logLevels, type RunningServer, type ServerOptions, startServer } from '../server/index.js';
import { type CommandLine, type FlagValues, palette, parseCommandLine } from './arguments.js';

const flags = {
  listen: { type: 'string', multiple: true, value: 'ADDRESS', help: 'unix:///PATH or tcp://HOST:PORT' },
  store: { type: 'string', value: 'DIR', help: 'OCI image layout to serve and to keep changes in' },
  channel: { type: 'string', value: 'NAME', help: 'standard (as dockerd 29.7.2) or experimental (the default)' },
  platform: { type: 'string', value: 'OS/ARCH', help: "the daemon's platform, linux/arm64/v8 for example" },
  strict: { type: 'boolean', help: 'answer 400 to what the description forbids' },
  'log-level': { type: 'string', value: 'LEVEL', help: `${logLevels.join(', ')}; warn without it` },
  tls: { type: 'boolean', help: 'use TLS on TCP, as the other --tls flags also do' },
  tlscert: { type: 'string', value: 'FILE', help: "the server's certificate" },
  tlskey: { type: 'string', value: 'FILE', help: "the server's key" },
  tlscacert: { type: 'string', value: 'FILE', help: "certificates that sign clients'" },
  tlsverify: { type: 'boolean', help: 'demand a certificate from clients' },
} as const;

const line: CommandLine<typeof flags> = {
  name: 'serve',
  summary: 'Serve the Engine API from a store of OCI images.',
  flags,
  notes: [
    'Without --listen, a unix socket in a private temporary folder; without --store, the packaged fixtures, whose\n' +
      'changes are thrown away.',
    'example: attestd serve --listen tcp://127.0.0.1:2375 --store ./images --channel standard',
  ],
};

function oneOf<T extends string>(name: string, value: string | undefined, choices: readonly T[]): T | undefined {
  if (value === undefined || (choices as readonly string[]).includes(value)) return value as T | undefined;
  throw new AttestdError('USAGE', `serve: --${name} '${value}' is none of ${choices.join(', ')}`);
}

async function readPem(name: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AttestdError('USAGE', `serve: --${name}: cannot read '${path}'`, { cause });
  }
}

async function tlsOptions(values: FlagValues<typeof flags>): Promise<ServerOptions['tls']> {
  const wanted = values.tls || values.tlsverify || values.tlscert || values.tlskey || values.tlscacert;
  if (!wanted) return undefined;
  const [cert, key, ca] = await Promise.all([
    readPem('tlscert', values.tlscert),
    readPem('tlskey', values.tlskey),
    readPem('tlscacert', values.tlscacert),
  ]);
  if (cert === undefined || key === undefined)
    throw new AttestdError('USAGE', 'serve: TLS needs both --tlscert and --tlskey');
  if (values.tlsverify && ca === undefined) throw new AttestdError('USAGE', 'serve: --tlsverify needs --tlscacert');
  return { cert, key, ...(ca !== undefined && { ca }), verify: values.tlsverify ?? false };
}

/** Resolves when the user or the system asks the process to end. */
function endOfRun(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}

function announce(server: RunningServer, quiet: boolean): void {
  const { bold, dim } = palette(process.stdout);
  if (quiet) {
    process.stdout.write(`${server.hosts.join('\n')}\n`);
    return;
  }
  process.stdout.write(`${bold('attestd is ready')} ${dim(`(API 1.40 to 1.55, ${server.channel} channel)`)}\n`);
  for (const host of server.hosts) process.stdout.write(`export DOCKER_HOST=${host}\n`);
}

/**
 * `attestd serve`: run the reference server until SIGINT or SIGTERM.
 *
 * @returns the exit code
 * @throws AttestdError USAGE for flags that make no sense, and what `startServer` throws
 */
export async function serve(args: string[]): Promise<number> {
  const parsed = parseCommandLine(line, args);
  if (!parsed) return 0;
  const { values } = parsed;
  const channel = oneOf('channel', values.channel, ['standard', 'experimental'] as const);
  const logLevel: LogLevel | undefined = oneOf('log-level', values['log-level'], logLevels);
  const tls = await tlsOptions(values);
  const ended = endOfRun();
  const server = await startServer({
    ...(values.listen && { listen: values.listen }),
    ...(values.store !== undefined && { store: values.store }),
    ...(channel && { channel }),
    ...(values.platform !== undefined && { platform: values.platform }),
    strict: values.strict ?? false,
    logLevel: logLevel ?? 'warn',
    ...(tls && { tls }),
  });
  announce(server, values.quiet ?? false);
  await ended;
  await server.close();
  return 0;
}
