import { LRUCache } from 'lru-cache';
import type { EngineClient, ImageAccess } from '../client/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { Daemon } from './forward.js';

/** Answers that are remembered at most, the bytes of blobs among them, and for how many milliseconds answers are. */
const mostAnswers = 2_000;
const mostBytes = 64 * 1024 * 1024;
const longestBlob = 8 * 1024 * 1024;
const rememberedFor = 60_000;

/** Milliseconds of silence after which the daemon is asked whether it is still there, where a connection cannot tell. */
const keepAliveDelay = 15_000;

/** Milliseconds until events are asked for again. */
const askAgain = 1_000;

/** An answer, or the daemon's word that there is none. */
type Known = { readonly value: unknown } | { readonly error: AttestdError };

/**
 * What a daemon says of its images, asked for once: looking up an image takes dockerd some 20 ms. All of it is forgotten with the daemon's next
 * event about images, and nothing is remembered while no events can be heard. An old answer lets nobody past the policy: what is judged
 * is what is created, by its id.
 */
export class CachedImageAccess implements ImageAccess {
  readonly apiVersion: string;
  readonly content: ImageAccess['content'];
  readonly #client: EngineClient;
  readonly #daemon: Daemon;
  readonly #answers = new LRUCache<string, Known>({ max: mostAnswers });
  /** By digest, so that time changes nothing about them. */
  readonly #blobs = new LRUCache<string, Buffer>({ maxSize: mostBytes, sizeCalculation: ({ length }) => length + 1 });
  #hears = false;
  #generation = 0;
  #began = 0;
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

  /** Another number after everything that may change what it answers; undefined while that cannot be heard. */
  get state(): number | undefined {
    if (performance.now() - this.#began > rememberedFor) this.#forgetAnswers();
    return this.#hears ? this.#generation : undefined;
  }

  /** Forget everything: something was done to the daemon's images. */
  forget(): void {
    this.#forgetAnswers();
    this.#blobs.clear();
  }

  #forgetAnswers(): void {
    this.#generation++;
    this.#began = performance.now();
    this.#answers.clear();
  }

  /** Hear no more events. */
  close(): void {
    this.#ended = true;
    clearTimeout(this.#again);
    this.#stop?.();
  }

  async #ask<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const generation = this.state;
    const known = this.#answers.get(key);
    if (known && 'error' in known) throw known.error;
    if (known) return known.value as T;
    const keep = (answer: Known): void => {
      if (generation !== undefined && generation === this.state) this.#answers.set(key, answer);
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
    const generation = this.state;
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this.#client.content.read(digest)) {
      length += piece.length;
      if (length <= longestBlob) pieces.push(piece);
      yield piece;
    }
    if (generation !== undefined && generation === this.state && length <= longestBlob)
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
      events.socket.setKeepAlive(true, keepAliveDelay);
      this.forget();
      events.on('data', () => this.forget());
      events.on('error', end);
      events.on('end', end);
    });
    request.end();
  }
}
