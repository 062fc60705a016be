import { readFile } from 'node:fs/promises';
import { AttestdError } from '../errors.js';
import { logLevels, type RunningServer, type ServerOptions, startServer } from '../server/index.js';
import type { FlagValues } from './arguments.js';
import { command as define } from './command.js';
import { palette } from './terminal.js';

const flags = {
  listen: { type: 'string', multiple: true, value: 'ADDRESS', help: 'unix:///PATH or tcp://HOST:PORT' },
  store: { type: 'string', value: 'DIR', help: 'OCI image layout to serve and to keep changes in' },
  channel: {
    type: 'string',
    value: 'NAME',
    choices: ['standard', 'experimental'],
    help: 'as dockerd 29.7.2, or with the proposal beyond it; experimental without it',
  },
  platform: { type: 'string', value: 'OS/ARCH', help: "the daemon's platform, linux/arm64/v8 for example" },
  strict: { type: 'boolean', help: 'answer 400 to what the description forbids' },
  'log-level': { type: 'string', value: 'LEVEL', choices: logLevels, help: 'what is logged; warn without it' },
  'insecure-registry': {
    type: 'string',
    multiple: true,
    value: 'HOST',
    help: 'host, host:port or network (CIDR) with plain HTTP or unknown certificates; loopback is one',
  },
  'registry-mirror': { type: 'string', multiple: true, value: 'URL', help: 'ask this before docker.io' },
  'certs-dir': { type: 'string', value: 'DIR', help: 'certificates of registries, as in /etc/docker/certs.d' },
  tls: { type: 'boolean', help: 'use TLS on TCP, as the other --tls flags also do' },
  tlscert: { type: 'string', value: 'FILE', help: "the server's certificate" },
  tlskey: { type: 'string', value: 'FILE', help: "the server's key" },
  tlscacert: { type: 'string', value: 'FILE', help: "certificates that sign clients'" },
  tlsverify: { type: 'boolean', help: 'demand a certificate from clients' },
} as const;

async function readPem(name: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AttestdError('USAGE', `--${name}: cannot read '${path}'`, { cause });
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
  if (cert === undefined || key === undefined) throw new AttestdError('USAGE', 'TLS needs both --tlscert and --tlskey');
  if (values.tlsverify && ca === undefined) throw new AttestdError('USAGE', '--tlsverify needs --tlscacert');
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
  const { minimumApi, api } = server.release;
  if (quiet) {
    process.stdout.write(`${server.hosts.join('\n')}\n`);
    return;
  }
  process.stdout.write(
    `${bold('attestd is ready')} ${dim(`(API ${minimumApi} to ${api}, ${server.channel} channel)`)}\n`,
  );
  for (const host of server.hosts) process.stdout.write(`export DOCKER_HOST=${host}\n`);
}

/** `attestd serve`: run the reference server until SIGINT or SIGTERM. */
export const command = define(
  {
    flags,
    notes: [
      `Without --listen, a unix socket in a private temporary folder; without --store, the packaged fixtures, whose changes
      are thrown away.`,
    ],
    example: 'attestd serve --listen tcp://127.0.0.1:2375 --store ./images',
  },
  async ({ values }) => {
    const { listen, store, channel, platform, strict = false, 'log-level': logLevel = 'warn', quiet = false } = values;
    const tls = await tlsOptions(values);
    const { 'insecure-registry': insecureRegistries, 'registry-mirror': mirrors, 'certs-dir': certsDir } = values;
    const registries = {
      ...(insecureRegistries && { insecureRegistries }),
      ...(mirrors && { mirrors }),
      ...(certsDir !== undefined && { certsDir }),
    };
    const ended = endOfRun();
    const server = await startServer({
      ...(listen && { listen }),
      ...(store !== undefined && { store }),
      ...(channel && { channel }),
      ...(platform !== undefined && { platform }),
      strict,
      logLevel,
      registries,
      ...(tls && { tls }),
    });
    announce(server, quiet);
    await ended;
    await server.close();
    return 0;
  },
);
