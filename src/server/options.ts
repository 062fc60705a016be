/** How the reference server is run, and what it is then. */
import type { RequestListener } from 'node:http';
import type { Readable } from 'node:stream';
import type { Release } from '../engine/release.js';
import type { DaemonSettings } from '../engine/settings.js';
import type { Channel, EngineOptions, StreamMessage } from '../engine/types.js';
import type { ImageStore } from '../oci/store.js';
import type { PolicyFunction, Trust } from '../policy/index.js';
import type { OperationEntry } from '../spec/table.js';
import type { Clock } from '../support/sandbox/clock.js';
import type { ScriptsSource } from '../support/sandbox/scripts/types.js';
import type { ProcessModel } from '../support/sandbox/types.js';
import type { AccessOptions } from './access.js';
import type { FaultControl, FaultPlan } from './faults/types.js';
import type { Log, LogFormat, LogLevel } from './log.js';
import type { PrototypeOptions } from './prototype/index.js';

/** PEM texts for TLS on the TCP listeners. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Signs the certificates of clients. */
  readonly ca?: string;
  /** Demand a certificate from each client. */
  readonly verify: boolean;
}

/** How to run the reference server. */
export interface ServerOptions extends AccessOptions, PrototypeOptions {
  /** `unix:///path` or `tcp://host:port`, port 0 for a free one; without it, a socket in a private temporary folder. */
  readonly listen?: readonly string[];
  /**
   * An OCI image layout that keeps changes, made when it is not there, or a store that is open and will be closed with the
   * server; without it, the packaged fixtures, for this run only.
   */
  readonly store?: string | ImageStore;
  /** `experimental` without it. */
  readonly channel?: Channel;
  /** The daemon's platform, `os/arch[/variant]`; without it, the machine's architecture on linux. */
  readonly platform?: string;
  readonly strict?: boolean;
  /** Written to standard error; `warn` without it. */
  readonly logLevel?: LogLevel;
  /** `text` without it. */
  readonly logFormat?: LogFormat;
  /** `unix:///path` of a socket that answers `GET /healthz` and `GET /metrics`; none without it. */
  readonly control?: string;
  readonly tls?: ServerTls;
  /** How registries are reached; as dockerd does by default without it. */
  readonly registries?: EngineOptions['registries'];
  /** How the daemon is set up, as far as that is not the usual way. */
  readonly settings?: Partial<DaemonSettings>;
  /** The release to answer like, and its window of API versions; dockerd 29.7.2 without it. */
  readonly release?: Release;
  /** Now, for what the server dates; the system's clock without it. */
  readonly clock?: () => Date;
  /** What goes wrong (docs/reference/faults.md); nothing without it. */
  readonly faults?: FaultPlan;
  /** Whether faults can be set later, by `RunningServer.faults`; with a control socket they can. */
  readonly changeableFaults?: boolean;
  /**
   * What the programs of simulated containers do (docs/reference/scripts.md): paths of files, or what those would hold. The first
   * script that matches counts.
   */
  readonly scripts?: readonly ScriptsSource[];
  /** Runs what containers run; a simulation without it, which runs nothing on the machine. */
  readonly processes?: ProcessModel;
  /** What containers wait on; the machine's clock without it. */
  readonly time?: Clock;
  /** Sees each request that is not gRPC before it is answered. */
  readonly observe?: RequestListener;
  /** Asked before containers are made and started (docs/reference/policy.md#in-the-server): a file, or a function. */
  readonly policy?: string | PolicyFunction;
  /** Whose signatures of attestations count, for the policy; a trusted root also for the Identity of images. */
  readonly trust?: readonly Trust[];
}

/** A server that answers. */
export interface RunningServer {
  /** Addresses as clients have them in DOCKER_HOST. */
  readonly hosts: readonly string[];
  readonly channel: Channel;
  /** What the server says it is, and the API versions that it speaks. */
  readonly release: Release;
  /** What is routed, in the order of the description. */
  readonly operations: readonly OperationEntry[];
  /** What is answered from the description, in words: the operations and members that further overlays add. */
  readonly described: readonly string[];
  /** The operations that handlers of one's own answer. */
  readonly taken: readonly string[];
  /** What goes wrong; undefined where nothing was asked to and nothing can be. */
  readonly faults: FaultControl | undefined;
  /** Where the server says what there is to say of itself. */
  readonly log: Log;
  /** Reads an archive of images into the store, as `POST /images/load` does: failures are messages, never thrown. */
  load(archive: Readable): AsyncIterable<StreamMessage>;
  /** Begins anew with another store: the one before is closed, all else is forgotten, connections stay. */
  restart(store: ImageStore): Promise<void>;
  /**
   * Stops listening, ends all connections, removes sockets, closes the store.
   *
   * @param drain milliseconds that answers which are under way may still take; event streams end at once
   */
  close(drain?: number): Promise<void>;
}
