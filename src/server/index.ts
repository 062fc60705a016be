import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import type { Context } from '../engine/context.js';
import { closeContext, createContext } from '../engine/engine.js';
import { loadImages } from '../engine/images/load.js';
import { openRegistryAccess } from '../engine/registry/access.js';
import { currentRelease } from '../engine/release.js';
import type { StateKeeper } from '../engine/state/keeper.js';
import type { EngineOptions } from '../engine/types.js';
import { operations } from '../generated/operations.js';
import { parsePlatform } from '../oci/platform.js';
import type { ImageStore } from '../oci/store.js';
import { AttestdError } from '../support/foundation/errors.js';
import { readScriptSources } from '../support/sandbox/scripts/read.js';
import { simulatedModel } from '../support/sandbox/simulated.js';
import { accessRule, insecureAddresses } from './access.js';
import { type Address, formatAddress, parseAddresses, privateSocket } from './address.js';
import type { Faults } from './faults/index.js';
import { type Listener, listen } from './listener.js';
import { type Log, streamLog } from './log.js';
import { observeServer } from './observability.js';
import { allHandlers } from './operations/index.js';
import type { RunningServer, ServerOptions, ServerTls } from './options.js';
import { persistBeforeReply } from './persist-before-reply.js';
import type { PolicyService } from './policy/index.js';
import type { Prototype } from './prototype/index.js';
import { createService } from './service.js';
import { openStore, stateFolderOf, unusable } from './store.js';

export { chooseRelease, type ReleaseChoice, releaseNames } from '../engine/release.js';
export { type DaemonSettings, defaultSettings } from '../engine/settings.js';
export { type LogFormat, type LogLevel, logFormats, logLevels } from './log.js';
export type { RunningServer, ServerOptions, ServerTls } from './options.js';
export { surviveUnhandled } from './unhandled-errors.js';

/** Milliseconds after the start before anything is done that nobody asked for. */
const preparationDelay = 250;

/** Node's names of architectures, as platforms have them. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm64: 'arm64', arm: 'arm' };

function hostPlatform(): string {
  return `linux/${architectures[process.arch] ?? process.arch}`;
}

function tlsOptions(tls: ServerTls): TlsOptions {
  return {
    cert: tls.cert,
    key: tls.key,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    requestCert: tls.verify,
    rejectUnauthorized: tls.verify,
  };
}

/** What further documents and handlers make of the server; undefined without any, so that most runs load nothing of it. */
async function prototypeOf(
  { overlays, handlers, release = currentRelease }: ServerOptions,
  policy: PolicyService | undefined,
): Promise<Prototype | undefined> {
  if (overlays === undefined && handlers === undefined && policy === undefined) return undefined;
  const { createPrototype } = await import('./prototype/index.js');
  const described = [...(policy ? [policy.overlay] : []), ...(overlays ?? [])];
  return createPrototype(
    { overlays: described, ...(handlers !== undefined && { handlers }) },
    { ...allHandlers, ...policy?.handlers },
    release,
  );
}

/** What asks the policy; undefined without one. */
async function policyOf({ policy, trust = [] }: ServerOptions): Promise<PolicyService | undefined> {
  if (policy === undefined) return undefined;
  const { openPolicyService } = await import('./policy/index.js');
  return openPolicyService(policy, trust);
}

/** What tells of signatures; undefined where nobody is trusted. */
async function signaturesOf({ trust = [] }: ServerOptions): Promise<EngineOptions['signatures']> {
  if (trust.length === 0) return undefined;
  return (await import('./policy/identity.js')).signatureReader(trust);
}

/** Keep a daemon's state beside its images, where those are kept. */
async function keep(context: Context, store: ServerOptions['store'], log: Log): Promise<StateKeeper | undefined> {
  if (typeof store !== 'string') return undefined;
  const { openState } = await import('../engine/state/restore.js');
  try {
    return await openState(context, { root: stateFolderOf(store), warn: (message) => log('warn', message) });
  } catch (cause) {
    throw unusable(store, cause);
  }
}

/** What can go wrong on demand: where a plan is given, or can be given later. */
async function faultsOf({
  faults: plan,
  control,
  changeableFaults = false,
}: ServerOptions): Promise<Faults | undefined> {
  if (plan === undefined && control === undefined && !changeableFaults) return undefined;
  const { Faults } = await import('./faults/index.js');
  const faults = new Faults();
  await faults.replace(plan);
  return faults;
}

/** Where a listener without TLS can be reached over the network. */
function plainUrls(address: Address): readonly string[] {
  return address.kind === 'tcp' ? [formatAddress(address).replace(/^tcp:/, 'http:')] : [];
}

/** Runs the given acts in reverse order, all of them, whatever fails. */
async function undo(acts: (() => Promise<void>)[]): Promise<void> {
  for (const act of acts.splice(0).reverse()) await act().catch(() => undefined);
}

/**
 * Start the reference server.
 *
 * @throws AttestdError USAGE for an address or INVALID_PLATFORM for a platform that cannot be parsed, INVALID_ARGUMENT for
 * a mirror or an insecure registry that dockerd would refuse, ALREADY_EXISTS when
 * somebody else has the address or the store, and what opening the store throws
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const addresses = parseAddresses(options.listen ?? []);
  const host = parsePlatform(options.platform ?? hostPlatform());
  const channel = options.channel ?? 'experimental';
  const logLevel = options.logLevel ?? 'warn';
  const log = streamLog(process.stderr, logLevel, options.logFormat);
  for (const address of insecureAddresses(addresses, options.tls !== undefined, options))
    log('warn', `${address} can be reached from other machines without TLS, by anybody`);
  const acts: (() => Promise<void>)[] = [];
  const listeners: Listener[] = [];
  // Before anything is opened that would have to be closed.
  openRegistryAccess(options.registries);
  const signatures = await signaturesOf(options);
  const policy = await policyOf(options);
  if (policy !== undefined) acts.push(() => policy.close());
  try {
    const prototype = await prototypeOf(options, policy);
    const { clock, observe, registries, scripts = [], settings, strict = false, time } = options;
    const debug: NonNullable<EngineOptions['debug']> = (message, fields) => log('debug', message, fields);
    const warn = (message: string): void => log('warn', message);
    const processes =
      options.processes ?? simulatedModel({ log: { debug, warn }, scripts: await readScriptSources(scripts) });
    const release = prototype?.release ?? options.release;
    const id = randomUUID();
    const contextOf = (store: ImageStore): Context =>
      createContext({
        store,
        host,
        channel,
        id,
        registries,
        settings,
        release,
        debugging: logLevel === 'debug',
        openTo: () => (options.tls === undefined ? listeners.flatMap(({ address }) => plainUrls(address)) : []),
        debug,
        warn,
        processes,
        time,
        admission: policy?.admission,
        signatures,
        ...(clock && { clock }),
      });
    const end = async (context: Context): Promise<void> => {
      await closeContext(context);
      await context.store.close();
    };
    let context = contextOf(await openStore(options.store));
    acts.push(() => end(context));
    const keeper = await keep(context, options.store, log);
    const endKeeper = async (): Promise<void> => {
      await keeper?.close().catch((cause: Error) => {
        throw new AttestdError('INTERNAL', `what containers wrote last is not kept: ${cause.message}`, { cause });
      });
    };
    acts.push(() => endKeeper().catch((error: Error) => log('error', error.message)));
    const faults = await faultsOf(options);
    const routes = faults && (await import('./faults/control.js')).faultRoutes(faults);
    const watch = await observeServer({ log, logLevel, control: options.control, routes });
    acts.push(() => watch.close());
    const { http1, http2, idle, settled } = createService({
      context: () => context,
      strict,
      prototype,
      log,
      observe,
      ...(keeper && { settle: persistBeforeReply(keeper) }),
      access: accessRule(addresses, options),
      watch: watch.record,
      faults,
    });
    acts.push(async () => {
      http1.close();
      http2.close();
    });
    if (addresses.length === 0) addresses.push(await addPrivateSocket(acts));
    for (const address of addresses) {
      const listener = await listen(address, {
        http1: (socket) => http1.emit('connection', socket),
        http2: (socket) => http2.accept(socket),
        ...(options.tls && { tls: tlsOptions(options.tls) }),
      });
      acts.push(() => listener.close());
      listeners.push(listener);
    }
    const prepare = (): Promise<void> => context.imageMetadata.prepare(context, (message) => log('warn', message));
    const preparing = setTimeout(() => void prepare().catch(() => undefined), preparationDelay).unref();
    acts.push(async () => clearTimeout(preparing));
    const hosts = listeners.map((listener) => formatAddress(listener.address));
    return {
      hosts,
      channel,
      release: context.release,
      faults,
      operations: prototype?.operations ?? operations,
      described: prototype?.described ?? [],
      taken: prototype?.taken ?? [],
      log,
      load: (archive) => loadImages(context, archive),
      restart: async (store) => {
        const before = context;
        context = contextOf(store);
        await end(before);
      },
      close: async (drain = 0) => {
        try {
          if (drain === 0) return;
          watch.drain();
          for (const listener of listeners) listener.stop();
          context.events.close();
          const over = sleep(drain, undefined, { ref: false });
          // What they change is kept; what becomes of containers when all of them end is not.
          await Promise.race([settled(), over]);
          await endKeeper();
          await closeContext(context);
          await Promise.race([idle(), over]);
        } finally {
          await undo(acts);
        }
      },
    };
  } catch (error) {
    await undo(acts);
    throw error;
  }
}

async function addPrivateSocket(acts: (() => Promise<void>)[]): Promise<Address> {
  const { address, remove } = await privateSocket();
  acts.push(remove);
  return address;
}
