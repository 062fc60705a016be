import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Platform } from '../oci/descriptor.js';
import { type Context, makeContext } from './context.js';
import { type DaemonEvent, eventRange } from './events/bus.js';
import { type Filters, parseFilters } from './filters.js';
import { imageAttestations } from './images/attestations.js';
import { exportByName } from './images/export.js';
import { imageHistory } from './images/history.js';
import { importImage } from './images/import.js';
import { inspectImage } from './images/inspect.js';
import { listSummaries } from './images/list.js';
import { loadImages } from './images/load.js';
import { pruneImages } from './images/prune.js';
import { removeImage } from './images/remove.js';
import { tagImage } from './images/tag.js';
import { authenticate, inspectDistribution, pullImage, pushImage, searchImages } from './registry/registry.js';
import { daemonInfo, daemonVersion, type Identity } from './system/info.js';
import { diskUsage } from './system/usage.js';
import type {
  AttestationOptions,
  Body,
  EngineOptions,
  EventOptions,
  ImportOptions,
  InspectOptions,
  JsonObject,
  JsonValue,
  ListOptions,
  LoadOptions,
  PullOptions,
  RemoveOptions,
  StreamMessage,
  UsageOptions,
  Versioned,
} from './types.js';

/**
 * The daemon's state and rules, without HTTP: one method an operation, each answering what dockerd 29.7.2 answers.
 *
 * Errors carry the daemon's text and a code whose HTTP status is the daemon's. Answers are plain objects with their
 * keys in dockerd's order (older API versions sort them), to be written with `renderJson`; attestations come as bytes.
 */
export class Engine {
  readonly options: EngineOptions;
  private readonly context: Context;
  private readonly identity: Identity;

  constructor(options: EngineOptions) {
    this.options = options;
    this.context = makeContext(options);
    this.identity = { id: options.id ?? randomUUID(), hostname: options.hostname };
  }

  /** `GET /images/{name}/attestations` (docs/behaviour.md#attestations-of-an-image). */
  async attestations(name: string, options: AttestationOptions = {}): Promise<Body> {
    return imageAttestations(this.context, name, options);
  }

  /** `GET /images/json`. */
  async list(options: ListOptions): Promise<readonly JsonValue[]> {
    return listSummaries(this.context, options);
  }

  /** `GET /images/{name}/json`. */
  async inspect(name: string, options: InspectOptions): Promise<JsonValue> {
    return inspectImage(this.context, name, options);
  }

  /** `GET /images/{name}/history`; null where the image has no history. */
  async history(name: string, platform?: Platform): Promise<readonly JsonObject[] | null> {
    return imageHistory(this.context, name, platform);
  }

  /** `POST /images/load`; failures are messages of the stream (`{error, errorDetail}`), never thrown. */
  load(archive: Readable, options: LoadOptions = {}): AsyncIterable<StreamMessage> {
    return loadImages(this.context, archive, options);
  }

  /** `GET /images/get` and `GET /images/{name}/get`: a tar; errors before its first byte are thrown. */
  async export(names: readonly string[], platforms: readonly Platform[] = []): Promise<Readable> {
    return exportByName(this.context, names, platforms);
  }

  /** `POST /images/{name}/tag`; `nothing` when no repository is given: dockerd answers 200 and an empty body. */
  async tag(name: string, target: { repo: string; tag: string }): Promise<'created' | 'nothing'> {
    return tagImage(this.context, name, target);
  }

  /** `DELETE /images/{name}`. */
  async remove(name: string, options: RemoveOptions = {}): Promise<readonly JsonObject[]> {
    return removeImage(this.context, name, options);
  }

  /** `POST /images/prune`. */
  async prune(filters: Filters): Promise<JsonObject> {
    return pruneImages(this.context, filters);
  }

  /** `POST /images/create?fromSrc=-`; errors before the first message are thrown. */
  async import(archive: Readable, options: ImportOptions): Promise<AsyncIterable<StreamMessage>> {
    return importImage(this.context, archive, options);
  }

  /** `POST /images/create?fromImage=`: what the store has is up to date, anything else has no registry to come from. */
  async pull(options: PullOptions): Promise<AsyncIterable<StreamMessage>> {
    return pullImage(this.context, options);
  }

  /** `POST /images/{name}/push`. */
  async push(name: string, options: { tag?: string }): Promise<AsyncIterable<StreamMessage>> {
    return pushImage(this.context, name, options.tag);
  }

  /** `GET /images/search`: undefined where dockerd answers 200 and an empty body. */
  async search(options: { term: string; limit?: string; filters: Filters }): Promise<JsonValue | undefined> {
    return searchImages(options);
  }

  /** `GET /distribution/{name}/json`. */
  async distribution(name: string): Promise<JsonObject> {
    return inspectDistribution(name);
  }

  /** `POST /auth`. */
  async auth(body: Buffer): Promise<JsonObject> {
    return authenticate(body);
  }

  /** `GET /info`. */
  async info(options: Versioned): Promise<JsonValue> {
    return daemonInfo(this.context, this.identity, options.apiVersion);
  }

  /** `GET /version`. */
  version(): JsonObject {
    return daemonVersion(this.context);
  }

  /** `GET /system/df`. */
  async usage(options: UsageOptions): Promise<JsonValue> {
    return diskUsage(this.context, options);
  }

  /**
   * `GET /events`: buffered events in range, then new ones until `until` or until the signal aborts. The subscription
   * begins with the call, so that nothing is lost before the first read. Bad options are thrown at once.
   */
  subscribe(options: EventOptions = {}, signal?: AbortSignal): AsyncIterable<DaemonEvent> {
    const range = eventRange(options.since, options.until);
    return this.context.events.subscribe({ ...range, filters: parseFilters(options.filters) }, signal);
  }

  /** Ends all subscriptions. */
  close(): void {
    this.context.events.close();
  }
}
