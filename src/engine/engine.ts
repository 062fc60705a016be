import type { Readable } from 'node:stream';
import { AttestdError } from '../errors.js';
import type { Platform } from '../oci/descriptor.js';
import { imageAttestations } from './attestations.js';
import { type Context, makeContext } from './context.js';
import { type DaemonEvent, eventRange } from './events.js';
import type { Filters } from './filters.js';
import { imageHistory } from './history.js';
import { inspectImage } from './inspect.js';
import { listSummaries } from './list.js';
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

function missing(operation: string): never {
  throw new AttestdError('NOT_IMPLEMENTED', `${operation} is not implemented`);
}

/**
 * The daemon's state and rules, without HTTP: one method an operation, each answering what dockerd 29.7.2 answers.
 *
 * Errors carry the daemon's text and a code whose HTTP status is the daemon's. Answers are plain objects with their keys
 * in dockerd's order (older API versions sort them), to be written with `renderJson`; attestations come as bytes.
 */
export class Engine {
  readonly options: EngineOptions;
  private readonly context: Context;

  constructor(options: EngineOptions) {
    this.options = options;
    this.context = makeContext(options);
  }

  /** `GET /images/{name}/attestations` (BEHAVIOR.md sections 1 and 2). */
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
  load(_archive: Readable, _options: LoadOptions = {}): AsyncIterable<StreamMessage> {
    return missing('load');
  }

  /** `GET /images/get` and `GET /images/{name}/get`: a tar; errors before its first byte are thrown. */
  async export(_names: readonly string[], _platforms: readonly Platform[] = []): Promise<Readable> {
    return missing('export');
  }

  /** `POST /images/{name}/tag`; `nothing` when no repository is given: dockerd answers 200 and an empty body. */
  async tag(_name: string, _target: { repo: string; tag: string }): Promise<'created' | 'nothing'> {
    return missing('tag');
  }

  /** `DELETE /images/{name}`. */
  async remove(_name: string, _options: RemoveOptions = {}): Promise<readonly JsonObject[]> {
    return missing('remove');
  }

  /** `POST /images/prune`. */
  async prune(_filters: Filters): Promise<JsonObject> {
    return missing('prune');
  }

  /** `POST /images/create?fromSrc=-`; errors before the first message are thrown. */
  async import(_archive: Readable, _options: ImportOptions): Promise<AsyncIterable<StreamMessage>> {
    return missing('import');
  }

  /** `POST /images/create?fromImage=`: what the store has is up to date, anything else has no registry to come from. */
  async pull(_options: PullOptions): Promise<AsyncIterable<StreamMessage>> {
    return missing('pull');
  }

  /** `POST /images/{name}/push`. */
  async push(_name: string, _options: { tag?: string; platform?: Platform }): Promise<AsyncIterable<StreamMessage>> {
    return missing('push');
  }

  /** `GET /images/search`: undefined where dockerd answers 200 and an empty body. */
  async search(_options: { term: string; limit?: string; filters: Filters }): Promise<JsonValue | undefined> {
    return missing('search');
  }

  /** `GET /distribution/{name}/json`. */
  async distribution(_name: string): Promise<JsonObject> {
    return missing('distribution');
  }

  /** `POST /auth`. */
  async auth(_body: Buffer): Promise<JsonObject> {
    return missing('auth');
  }

  /** `GET /info`. */
  async info(_options: Versioned): Promise<JsonValue> {
    return missing('info');
  }

  /** `GET /version`. */
  version(): JsonObject {
    return missing('version');
  }

  /** `GET /system/df`. */
  async usage(_options: UsageOptions): Promise<JsonValue> {
    return missing('usage');
  }

  /**
   * `GET /events`: buffered events in range, then new ones until `until` or until the signal aborts. The subscription
   * begins with the call, so that nothing is lost before the first read. Bad options are thrown at once.
   */
  subscribe(options: EventOptions = {}, signal?: AbortSignal): AsyncIterable<DaemonEvent> {
    const range = eventRange(options.since, options.until);
    return this.context.events.subscribe({ ...range, filters: options.filters }, signal);
  }

  /** Ends all subscriptions. */
  close(): void {
    this.context.events.close();
  }
}
