import { Transform } from 'node:stream';
import type { Descriptor } from '../../oci/descriptor.js';
import { childrenOf } from '../../oci/manifest.js';
import { isIndexType, isLayerType, isManifestType } from '../../oci/media-types.js';
import type { NamedReference } from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Uploader } from '../../support/registry-client/uploader.js';
import type { Context } from '../context.js';
import type { Emit } from './message-stream.js';
import { emitProgress, isShown, Jobs } from './progress.js';

/** Descriptors that one push handles at most. */
const maxDescriptors = 50_000;

/** Progress of a blob: bytes sent and the result. */
interface Status {
  current: number;
  total: number;
  done?: string;
}

/** Parameters of one push. */
export interface PushOfImage {
  readonly context: Context;
  /** Connects to the registry until the signal aborts. */
  readonly connect: (signal: AbortSignal) => Promise<Uploader>;
  readonly signal: AbortSignal;
  readonly reference: NamedReference;
  readonly emit: Emit;
}

/** One attempt to push. */
interface Attempt {
  readonly uploader: Uploader;
  readonly abort: () => void;
}

/**
 * Uploads an image as containerd does for dockerd: blobs side by side, then manifests, then indexes from the inside out
 * (docs/reference/registries.md#push). Content that the registry has, or another repository of it, is not sent.
 */
export class PushUpload {
  private readonly jobs = new Jobs();
  private readonly statuses = new Map<string, Status>();
  private unavailable = false;
  private failure: { readonly error: unknown } | undefined;
  private attempt: Attempt | undefined;

  constructor(private readonly push: PushOfImage) {}

  /** Marks uploads that have not started as unavailable. */
  giveUpWaiting(): void {
    this.unavailable = true;
  }

  /**
   * Uploads a descriptor's content, then the descriptor under the reference's tag.
   *
   * @throws NOT_FOUND if the store lacks a part; the registry's errors
   */
  async run(target: Descriptor): Promise<void> {
    const aborter = new AbortController();
    const uploader = await this.push.connect(AbortSignal.any([this.push.signal, aborter.signal]));
    this.attempt = { uploader, abort: () => aborter.abort() };
    this.failure = undefined;
    const manifests: Descriptor[] = [];
    const indexes: Descriptor[] = [];
    const seen = new Map<string, Descriptor>();
    await this.blobs([target], manifests, indexes, seen);
    await this.all(manifests, (manifest) => this.upload(manifest, [], target));
    for (const index of indexes.reverse()) await this.index(index, target);
    for (const digest of seen.keys()) this.push.context.registries.sources.add(digest, this.push.reference);
  }

  /** Sends a message for each change. */
  report(): void {
    for (const { digest } of this.jobs.list()) {
      const status = this.statuses.get(digest);
      const { emit } = this.push;
      if (status?.done !== undefined) {
        emitProgress(emit, digest, status.done);
        this.jobs.remove(digest);
      } else if (status === undefined || (status.total > 0 && status.current === 0 && this.unavailable)) {
        emitProgress(emit, digest, this.unavailable ? 'Unavailable' : 'Waiting');
      } else {
        const { current, total } = status;
        emitProgress(emit, digest, 'Pushing', { ...(current > 0 && { current }), ...(total > 0 && { total }) });
      }
    }
  }

  /** Uploads everything except manifests and indexes, which are collected in order for later. */
  private async blobs(
    descriptors: readonly Descriptor[],
    manifests: Descriptor[],
    indexes: Descriptor[],
    seen: Map<string, Descriptor>,
    parents: readonly string[] = [],
  ): Promise<void> {
    await this.all(descriptors, async (descriptor) => {
      const { mediaType, digest } = descriptor;
      if (isShown(descriptor)) this.jobs.add(descriptor);
      const isIndex = isIndexType(mediaType);
      const known = seen.has(digest);
      seen.set(digest, descriptor);
      if (seen.size > maxDescriptors) throw new AttestdError('CORRUPT', 'the image has too many parts');
      if (!isIndex && !isManifestType(mediaType))
        return known ? undefined : this.upload(descriptor, parents, undefined);
      if (known) return;
      const children = childrenOf(await this.push.context.store.content.bytes(digest), descriptor);
      (isIndex ? indexes : manifests).push(descriptor);
      await this.blobs(children, manifests, indexes, seen, [digest, ...parents]);
    });
  }

  private async index(index: Descriptor, target: Descriptor): Promise<void> {
    try {
      await this.upload(index, [], target);
    } catch (error) {
      if (!(error instanceof AttestdError) || !error.message.includes('400 Bad Request')) throw error;
      const reason = 'manifest list/index references to blobs and/or manifests are missing in your target registry';
      throw new AttestdError(error.code, `${reason}: ${error.message}`, { cause: error });
    }
  }

  private async upload(descriptor: Descriptor, parents: readonly string[], target?: Descriptor): Promise<void> {
    const { context, reference } = this.push;
    const { digest, size, mediaType } = descriptor;
    const { sources, uploads } = context.registries;
    await uploads.run(async () => {
      if (this.failure !== undefined) throw new AttestdError('INTERNAL', 'context canceled');
      const status: Status = { current: 0, total: size };
      const mountFrom = target === undefined ? sources.candidate([digest, ...parents], reference) : undefined;
      const result = await (this.attempt as Attempt).uploader.push({
        descriptor,
        open: () => this.open(digest, status),
        mountFrom,
        tag: target?.digest === digest ? reference.tag : undefined,
        onStart: () => this.statuses.set(digest, status),
      });
      const exists = isLayerType(mediaType) ? 'Layer already exists' : 'Already exists';
      const done = { exists, pushed: 'Pushed', mounted: `Mounted from ${mountFrom}` }[result];
      this.statuses.set(digest, { current: size, total: size, done });
    });
  }

  private async open(digest: string, status: Status): Promise<Transform> {
    status.current = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        status.current += chunk.length;
        done(null, chunk);
      },
    });
    const source = await this.push.context.store.content.stream(digest);
    source.once('error', (error) => count.destroy(error));
    count.once('close', () => source.destroy());
    return source.pipe(count);
  }

  /** Act on each side by side; the first failure stops the others and is thrown once they have ended. */
  private async all<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
    const acts = items.map(async (item) => {
      try {
        await action(item);
      } catch (error) {
        if (this.failure === undefined) {
          this.failure = { error };
          this.attempt?.abort();
        }
      }
    });
    await Promise.all(acts);
    if (this.failure !== undefined) throw this.failure.error;
  }
}
