import type { DaemonConfig } from '../server/daemon-config.js';
import type { FaultPlan } from '../server/faults/index.js';
import {
  chooseRelease,
  defaultSettings,
  logFormats,
  logLevels,
  type RunningServer,
  releaseNames,
  type ServerOptions,
  startServer,
  surviveUnhandled,
} from '../server/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { FlagValues } from './arguments.js';
import { command as define } from './command.js';
import { endOfRun } from './end-of-run.js';
import { readFlagFile } from './flag-file.js';
import { holdHeap } from './heap.js';
import { palette, printLines } from './output.js';
import { readTrusts } from './trust.js';

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
  overlay: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'a further overlay, or a description: what it adds is answered from its examples',
  },
  handlers: { type: 'string', value: 'FILE', help: 'an ES module whose exports answer the operations of their names' },
  scripts: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'what the programs of simulated containers do, in YAML',
  },
  policy: {
    type: 'string',
    value: 'FILE',
    help: 'asked before containers are made and started: an OPA bundle in WebAssembly, or an ES module',
  },
  'policy-key': {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'a public key whose signatures the policy is told of',
  },
  'trusted-root': {
    type: 'string',
    value: 'FILE',
    help: 'a sigstore trusted root, by which certificates are verified for the policy and the Identity of images',
  },
  strict: { type: 'boolean', help: 'answer 400 to what the description forbids' },
  'log-level': { type: 'string', value: 'LEVEL', choices: logLevels, help: 'what is logged; warn without it' },
  'insecure-registry': {
    type: 'string',
    multiple: true,
    value: 'HOST',
    help: 'host, host:port or network (CIDR) with plain HTTP or unknown certificates; loopback is one',
  },
  'config-file': { type: 'string', value: 'FILE', help: "how the daemon is set up: a file like dockerd's daemon.json" },
  'git-limit': {
    type: 'string',
    value: 'BYTES',
    help: 'what a repository that is built from may take; 2 GiB without it',
  },
  'git-timeout': { type: 'string', value: 'SECONDS', help: 'what its fetch may take; 600 without it' },
  'registry-mirror': { type: 'string', multiple: true, value: 'URL', help: 'ask this before docker.io' },
  'certs-dir': { type: 'string', value: 'DIR', help: 'certificates of registries, as in /etc/docker/certs.d' },
  'log-format': { type: 'string', value: 'FORMAT', choices: logFormats, help: 'of the log; text without it' },
  control: { type: 'string', value: 'ADDRESS', help: 'unix:///PATH of a socket that answers /healthz and /metrics' },
  'drain-timeout': {
    type: 'string',
    value: 'SECONDS',
    help: 'what answers that are under way may take after SIGTERM; 10 without it',
  },
  faults: { type: 'string', value: 'FILE', help: "what goes wrong, in YAML; or 'hard': what is permitted but unusual" },
  engine: {
    type: 'string',
    value: 'RELEASE',
    choices: releaseNames,
    help: 'whose API versions to speak; 29.7 without it',
  },
  'min-api': { type: 'string', value: 'VERSION', help: 'the oldest API version that clients may speak' },
  'max-api': { type: 'string', value: 'VERSION', help: 'the newest API version' },
  'unpack-limit': {
    type: 'string',
    value: 'BYTES',
    help: 'what may come out of a compressed archive; 2 GiB without it',
  },
  'cache-size': { type: 'string', value: 'MIB', help: 'what is kept of a store in memory; 96 without it' },
  'exit-with-parent': { type: 'boolean', help: 'end when the process that started this one does' },
  'allow-insecure-remote': { type: 'boolean', help: 'listen beyond this machine without TLS' },
  'allow-host': {
    type: 'string',
    multiple: true,
    value: 'NAME',
    help: 'a name that clients on TCP may call the server',
  },
  'allow-origin': { type: 'boolean', help: 'answer web pages on TCP too' },
  tls: { type: 'boolean', help: 'use TLS on TCP, as the other --tls flags also do' },
  tlscert: { type: 'string', value: 'FILE', help: "the server's certificate" },
  tlskey: { type: 'string', value: 'FILE', help: "the server's key" },
  tlscacert: { type: 'string', value: 'FILE', help: "certificates that sign clients'" },
  tlsverify: { type: 'boolean', help: 'demand a certificate from clients' },
} as const;

const readPem = async (flag: string, path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : readFlagFile(flag, path);

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

/** What goes wrong, from a file. */
async function faultPlan(file: string): Promise<FaultPlan> {
  if (file === 'hard') return { mode: 'hard' };
  const { readFaults } = await import('../server/faults/index.js');
  return readFaults(await readFlagFile('faults', file), file);
}

/** A number of seconds. */
function secondsOf(flag: string, text: string): number {
  if (!/^\d{1,5}(\.\d+)?$/.test(text)) throw new AttestdError('USAGE', `--${flag}: '${text}' is no number of seconds`);
  return Number(text);
}

function bytesOf(flag: string, text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new AttestdError('USAGE', `--${flag}: '${text}' is no number of bytes`);
  return Number(text);
}

/** How the daemon is set up: by a file like dockerd's, and by flags. */
async function setUp(values: FlagValues<typeof flags>) {
  const { 'config-file': file, 'git-limit': bytes, 'git-timeout': seconds } = values;
  const { 'insecure-registry': insecure, 'registry-mirror': mirrors, 'certs-dir': certsDir } = values;
  const config = file === undefined ? undefined : await readConfigFile(file);
  for (const [flag, directive, both] of [
    ['insecure-registry', 'insecure-registries', insecure && config?.insecureRegistries],
    ['registry-mirror', 'registry-mirrors', mirrors && config?.mirrors],
  ] as const)
    if (both) throw new AttestdError('USAGE', `--${flag}: ${file} has ${directive}, too`);
  const insecureRegistries = insecure ?? config?.insecureRegistries;
  const asked = mirrors ?? config?.mirrors;
  const { git } = defaultSettings;
  return {
    debug: config?.debug ?? false,
    registries: {
      ...(insecureRegistries && { insecureRegistries }),
      ...(asked && { mirrors: asked }),
      ...(certsDir !== undefined && { certsDir }),
    },
    settings: {
      ...config?.settings,
      git: {
        bytes: bytes === undefined ? git.bytes : bytesOf('git-limit', bytes),
        seconds: seconds === undefined ? git.seconds : secondsOf('git-timeout', seconds),
      },
    },
  };
}

async function readConfigFile(file: string): Promise<DaemonConfig> {
  const { readDaemonConfig } = await import('../server/daemon-config.js');
  return readDaemonConfig(await readFlagFile('config-file', file), file);
}

/** The limit of decompression counts for the whole process, as its environment does. */
function limitUnpacking(bytes: string | undefined): void {
  if (bytes === undefined) return;
  process.env.ATTESTD_UNPACK_LIMIT = String(bytesOf('unpack-limit', bytes));
}

/** What is kept in memory counts for the whole process, as its environment does. */
function limitCaches(size: string | undefined): void {
  if (size === undefined) return;
  if (!/^[1-9]\d{0,6}$/.test(size)) throw new AttestdError('USAGE', `--cache-size: '${size}' is no number of MiB`);
  process.env.ATTESTD_CACHE_SIZE = size;
}

function announce(server: RunningServer, quiet: boolean): void {
  const { bold, dim } = palette(process.stdout);
  const { minimumApi, api } = server.release;
  if (quiet) {
    printLines(server.hosts);
    return;
  }
  printLines([
    [bold('attestd is ready'), ' ', dim(`(API ${minimumApi} to ${api}, ${server.channel} channel)`)],
    ...(server.described.length > 0 ? [`answered from the description: ${server.described.join('; ')}`] : []),
    ...(server.taken.length > 0 ? [`answered by your handlers: ${server.taken.join(', ')}`] : []),
    ...server.hosts.map((host) => `export DOCKER_HOST=${host}`),
  ]);
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
    const { listen, store, channel, platform, strict = false, quiet = false } = values;
    const tls = await tlsOptions(values);
    const { debug, registries, settings } = await setUp(values);
    const logLevel = values['log-level'] ?? (debug ? 'debug' : 'warn');
    limitUnpacking(values['unpack-limit']);
    limitCaches(values['cache-size']);
    holdHeap();
    const drain = secondsOf('drain-timeout', values['drain-timeout'] ?? '10') * 1000;
    const choice = { engine: values.engine, minimumApi: values['min-api'], maximumApi: values['max-api'] };
    const keys = values['policy-key'];
    const root = values['trusted-root'];
    const trust = await readTrusts(
      { ...(keys && { key: keys }), ...(root !== undefined && { 'trusted-root': root }) },
      'policy-key',
    );
    const ended = endOfRun(values['exit-with-parent'] ?? false);
    const server = await startServer({
      ...(listen && { listen }),
      ...(store !== undefined && { store }),
      ...(channel && { channel }),
      ...(platform !== undefined && { platform }),
      ...(values.overlay && { overlays: values.overlay }),
      ...(values.handlers !== undefined && { handlers: values.handlers }),
      ...(values.scripts && { scripts: values.scripts }),
      ...(values.policy !== undefined && { policy: values.policy }),
      trust,
      strict,
      release: chooseRelease(choice),
      ...(values.faults !== undefined && { faults: await faultPlan(values.faults) }),
      logLevel,
      registries,
      settings,
      ...(values['log-format'] && { logFormat: values['log-format'] }),
      ...(values.control !== undefined && { control: values.control }),
      ...(values['allow-host'] && { allowHosts: values['allow-host'] }),
      allowOrigin: values['allow-origin'] ?? false,
      allowInsecureRemote: values['allow-insecure-remote'] ?? false,
      ...(tls && { tls }),
    });
    announce(server, quiet);
    surviveUnhandled(server.log, () => process.exit(1));
    await ended;
    await server.close(drain);
    return 0;
  },
);
