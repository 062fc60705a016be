import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Layers, overlayOn, readLayers } from '../oci/layout.js';
import type { ImageStore } from '../oci/store.js';
import type { FaultCount, FaultPlan } from '../server/faults/types.js';
import {
  chooseRelease,
  type ReleaseChoice,
  type RunningServer,
  type ServerOptions,
  startServer,
} from '../server/index.js';
import { temporaryFolder } from '../server/temporary.js';
import { AttestdError } from '../support/foundation/errors.js';
import { Journal, type JournalEntry } from './journal.js';
import { type ArchiveSource, archiveStream, type ImageSource, layoutFolder } from './sources.js';

/** How to start a daemon to test against. */
export interface DaemonOptions
  extends Pick<
    ServerOptions,
    | 'channel'
    | 'platform'
    | 'strict'
    | 'logLevel'
    | 'tls'
    | 'clock'
    | 'overlays'
    | 'handlers'
    | 'faults'
    | 'scripts'
    | 'time'
    | 'processes'
    | 'policy'
    | 'trust'
  > {
  /** The images that it has; none without it. Broken ones are taken as they are, nothing is checked. */
  readonly images?: readonly ImageSource[];
  /**
   * `unix`, the default: a socket in a private temporary folder; `tcp`: a free port of 127.0.0.1; or addresses,
   * `unix:///path` or `tcp://host:port`.
   */
  readonly listen?: 'unix' | 'tcp' | readonly string[];
  /** An OCI image layout folder that keeps changes; `reset` is refused then. Give it as one of `images` to read it only. */
  readonly store?: string;
  /** The release whose API versions it speaks, `28.5`, `29.0` or `29.7`, and another window of them. */
  readonly release?: ReleaseChoice;
}

/** How `node:http` and dockerode reach the daemon. */
export type Connection = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** A daemon in this process. */
export interface Daemon extends AsyncDisposable {
  /** Its address as DOCKER_HOST has it. */
  readonly host: string;
  /** All its addresses. */
  readonly hosts: readonly string[];
  /** For the environment of a client: `{ DOCKER_HOST }`. */
  readonly dockerHost: { readonly DOCKER_HOST: string };
  /** Options of `http.request` and of dockerode's constructor. */
  readonly connection: Connection;
  /** What clients asked since the start or the last reset, gRPC calls aside; the last 10,000 requests. */
  readonly requests: readonly JournalEntry[];
  /**
   * Load images as `docker load` does.
   *
   * @returns what the daemon says: names of images, or digests of those without one
   * @throws AttestdError INVALID_ARCHIVE with the daemon's text when it refuses the archive, NOT_FOUND for a path that
   *   leads nowhere, INVALID_ARGUMENT for what is no archive
   */
  load(...archives: readonly ArchiveSource[]): Promise<readonly string[]>;
  /** How often each fault was met, in their order. */
  readonly faultCounts: readonly FaultCount[];
  /**
   * Have other things go wrong from now on (docs/reference/faults.md); nothing without a plan.
   *
   * @throws AttestdError INVALID_ARGUMENT for a plan that does not fit schemas/faults-1.0.json
   */
  setFaults(plan?: FaultPlan): Promise<void>;
  /**
   * Back to how it started: its images, and nothing else of what was done since; the journal is empty. Connections stay,
   * event streams end.
   *
   * @throws AttestdError CONFLICT when it keeps its changes in a store
   */
  reset(): Promise<void>;
  /** End all connections, remove sockets and temporary files. Further calls wait for the first. */
  close(): Promise<void>;
}

/** Runs acts one after another, the last first, all of them; throws what the first failure threw. */
async function undo(acts: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const act of acts.splice(0).reverse()) await act().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function loadInto(server: Pick<RunningServer, 'load'>, source: ArchiveSource): Promise<string[]> {
  const loaded: string[] = [];
  const archive = await archiveStream(source);
  try {
    for await (const message of server.load(archive)) {
      if (typeof message.error === 'string') throw new AttestdError('INVALID_ARCHIVE', message.error);
      const name = /^Loaded image(?: ID)?: (.*)\n$/.exec(String(message.stream ?? ''))?.[1];
      if (name !== undefined) loaded.push(name);
    }
    return loaded;
  } finally {
    archive.destroy();
    if (!archive.closed) await once(archive, 'close');
  }
}

/** The images that a daemon starts with, and the stores that are opened over them. */
class Baseline {
  private opened = 0;

  constructor(
    private readonly folder: string,
    private layers: Layers,
  ) {}

  /** A store that has the images and throws away what is done to it. */
  open(): ImageStore {
    const scratch = this.scratch();
    // What a request that is still under way keeps there goes with the daemon's folder.
    const close = (): Promise<void> => rm(scratch, { recursive: true, force: true }).catch(() => undefined);
    return overlayOn(this.layers, scratch, close).store;
  }

  /** Make what archives hold part of the images. */
  async add(server: RunningServer, archives: readonly ArchiveSource[]): Promise<void> {
    // Its layer lies below the stores that follow, so it stays until the folder goes.
    const { store, freeze } = overlayOn(this.layers, this.scratch(), async () => undefined);
    await server.restart(store);
    for (const archive of archives) await loadInto(server, archive);
    this.layers = freeze();
    await server.restart(this.open());
  }

  private scratch(): string {
    return join(this.folder, `store-${this.opened++}`);
  }
}

/** The layouts among the sources, and what has to be loaded. */
async function sorted(sources: readonly ImageSource[], folder: string): Promise<[string[], ArchiveSource[]]> {
  const layouts: string[] = [];
  const archives: ArchiveSource[] = [];
  for (const [i, source] of sources.entries()) {
    const layout = await layoutFolder(source, join(folder, `image-${i}`));
    if (layout === undefined) archives.push(source);
    else layouts.push(layout);
  }
  return [layouts, archives];
}

function connectionOf(host: string): Connection {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const { hostname, port } = new URL(host);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function addresses(listen: DaemonOptions['listen'], folder: string): readonly string[] {
  if (listen === undefined || listen === 'unix') return [`unix://${join(folder, 'docker.sock')}`];
  return listen === 'tcp' ? ['tcp://127.0.0.1:0'] : listen;
}

/**
 * Start a daemon in this process. Several may run at once; each has its own images, sockets and journal.
 *
 * ```ts
 * await using daemon = await startDaemon({ images: ['attestd/five-platforms'] });
 * const docker = new Docker(daemon.connection);
 * ```
 *
 * @throws AttestdError INVALID_ARGUMENT for an image that is none, or for images beside a store; NOT_FOUND for a path that
 *   leads nowhere; INVALID_ARCHIVE for an archive that a daemon refuses; and what `startServer` throws for addresses,
 *   platform and store
 */
export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  const { images = [], listen, store, logLevel = 'none', release, ...rest } = options;
  if (store !== undefined && images.length > 0)
    throw new AttestdError('INVALID_ARGUMENT', 'give images or a store, not both; load() puts images into a store');
  const folder = await temporaryFolder();
  const acts = [folder.remove];
  try {
    const [layouts, archives] = await sorted(images, folder.path);
    const baseline = new Baseline(folder.path, await readLayers(layouts));
    const journal = new Journal(() => server.operations);
    const server: RunningServer = await startServer({
      ...rest,
      ...(release && { release: chooseRelease(release) }),
      changeableFaults: true,
      logLevel,
      listen: addresses(listen, folder.path),
      store: store ?? baseline.open(),
      observe: (request, response) => journal.note(request, response),
    });
    acts.push(() => server.close());
    if (archives.length > 0) await baseline.add(server, archives);
    const [host = ''] = server.hosts;
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= undo(acts));
    return {
      host,
      hosts: server.hosts,
      dockerHost: { DOCKER_HOST: host },
      connection: connectionOf(host),
      requests: journal.entries,
      get faultCounts() {
        return server.faults?.counts ?? [];
      },
      setFaults: async (plan) => server.faults?.replace(plan),
      load: async (...sources) => {
        const loaded: string[] = [];
        for (const source of sources) loaded.push(...(await loadInto(server, source)));
        return loaded;
      },
      reset: async () => {
        if (store !== undefined) throw new AttestdError('CONFLICT', 'a daemon that keeps its changes cannot be reset');
        await server.restart(baseline.open());
        await server.faults?.replace(options.faults);
        journal.clear();
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await undo(acts);
    throw error;
  }
}
