import { LRUCache } from 'lru-cache';
import type { EngineClient, ImageAccess } from '../client/index.js';
import { AttestdError } from '../errors.js';
import type { Daemon } from './forward.js';

/** Answers that are remembered at most, the bytes of blobs among them, and for how many milliseconds. */
const mostAnswers = 2_000;
const mostBytes = 64 * 1024 * 1024;
const longestBlob = 8 * 1024 * 1024;
const rememberedFor = 10_000;

/** Milliseconds until events are asked for again. */
const askAgain = 1_000;

/** An answer, or the daemon's word that there is none. */
type Known = { readonly value: unknown } | { readonly error: AttestdError };

/**
 * What a daemon says of its images, asked for once: looking up an image takes dockerd some 20 ms. All of it is forgotten with the daemon's next
 * event about images, and nothing is remembered while no events can be heard. An old answer lets nobody past the policy: what is judged
 * is what is created, by its id.
 */
export class RememberedAccess implements ImageAccess {
  readonly apiVersion: string;
  readonly content: ImageAccess['content'];
  readonly #client: EngineClient;
  readonly #daemon: Daemon;
  readonly #answers = new LRUCache<string, Known>({ max: mostAnswers, ttl: rememberedFor });
  readonly #blobs = new LRUCache<string, Buffer>({
    maxSize: mostBytes,
    sizeCalculation: ({ length }) => length + 1,
    ttl: rememberedFor,
  });
  #hears = false;
  #generation = 0;
  #ended = false;
  #again: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;

  /**
   * @param client asks
   * @param daemon the same, for its events
   */
  constructor(client: EngineClient, daemon: Daemon) {
    this.#client = client;
    this.#daemon = daemon;
    this.apiVersion = client.apiVersion;
    this.content = {
      info: (digest) => this.#ask(`info ${digest}`, () => client.content.info(digest)),
      read: (digest) => this.#read(digest),
    };
    this.#listen();
  }

  version(): ReturnType<EngineClient['version']> {
    return this.#ask('version', () => this.#client.version());
  }

  inspectImage(...asked: Parameters<EngineClient['inspectImage']>): ReturnType<EngineClient['inspectImage']> {
    return this.#ask(`image ${JSON.stringify(asked)}`, () => this.#client.inspectImage(...asked));
  }

  listImages(query: { dangling: true }): ReturnType<EngineClient['listImages']> {
    return this.#ask('images', () => this.#client.listImages(query));
  }

  imageAttestations(
    ...asked: Parameters<EngineClient['imageAttestations']>
  ): ReturnType<EngineClient['imageAttestations']> {
    return this.#ask(`attestations ${JSON.stringify(asked)}`, () => this.#client.imageAttestations(...asked));
  }

  /** Forget everything: something was done to the daemon's images. */
  forget(): void {
    this.#generation++;
    this.#answers.clear();
    this.#blobs.clear();
  }

  /** Hear no more events. */
  close(): void {
    this.#ended = true;
    clearTimeout(this.#again);
    this.#stop?.();
  }

  async #ask<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known && 'error' in known) throw known.error;
    if (known) return known.value as T;
    const generation = this.#generation;
    const keep = (answer: Known): void => {
      if (this.#hears && generation === this.#generation) this.#answers.set(key, answer);
    };
    try {
      const value = await ask();
      keep({ value });
      return value;
    } catch (error) {
      if (error instanceof AttestdError && error.code === 'NOT_FOUND') keep({ error });
      throw error;
    }
  }

  async *#read(digest: string): AsyncGenerator<Uint8Array> {
    const known = this.#blobs.get(digest);
    if (known) {
      yield known;
      return;
    }
    const generation = this.#generation;
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this.#client.content.read(digest)) {
      length += piece.length;
      if (length <= longestBlob) pieces.push(piece);
      yield piece;
    }
    if (this.#hears && generation === this.#generation && length <= longestBlob)
      this.#blobs.set(digest, Buffer.concat(pieces));
  }

  #listen(): void {
    const filters = encodeURIComponent(JSON.stringify({ type: ['image'] }));
    const request = this.#daemon.open({ method: 'GET', path: `/v${this.apiVersion}/events?filters=${filters}` });
    const end = (): void => {
      this.#hears = false;
      this.forget();
      if (this.#ended) return;
      clearTimeout(this.#again);
      this.#again = setTimeout(() => this.#listen(), askAgain).unref();
    };
    this.#stop = () => request.destroy();
    request.on('error', end);
    request.on('response', (events) => {
      this.#hears = events.statusCode === 200;
      this.forget();
      events.on('data', () => this.forget());
      events.on('error', end);
      events.on('end', end);
    });
    request.end();
  }
}
