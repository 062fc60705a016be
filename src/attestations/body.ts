import { Readable } from 'node:stream';
import type { ContentStore } from '../oci/content-store.js';
import type { Descriptor } from '../oci/descriptor.js';
import { descriptorType } from '../oci/manifest.js';
import { inlineData, isMissing, missingContent } from '../oci/read-content.js';
import { AttestdError } from '../support/foundation/errors.js';
import { compactJson, encodeJson, encodeString, JsonScanner } from '../support/go/json.js';
import type { StatementLayer } from './chain.js';

/** A rendered answer: bytes when small enough to be kept, a stream when not. */
export interface Body {
  /** Bytes of the content. */
  readonly length: number;
  readonly content: Buffer | Readable;
}

/** A statement that is no JSON, with the fault in Go's words. */
export class InvalidStatement extends AttestdError {
  /**
   * @param digest the statement's blob
   * @param fault what Go's scanner says
   */
  constructor(
    readonly digest: string,
    readonly fault: string,
  ) {
    super('CORRUPT', `attestation statement ${digest} is not valid JSON: ${fault}`);
  }
}

/** Statements that are rendered in memory, bytes in all; more are streamed. */
const inMemory = 1 << 20;

/** Bytes of a statement that are read at a time, and less where many read: each slow reader holds a few such pieces. */
const largestChunk = 64 << 10;
const smallestChunk = 8 << 10;
const chunks = 1 << 20;

/** Statements that are being read. */
let reading = 0;

const chunkSize = (): number =>
  Math.max(smallestChunk, Math.min(largestChunk, Math.floor(chunks / reading / 4096) * 4096));

const absent = Buffer.from('null');

/**
 * The answer of `GET /images/{name}/attestations`: descriptor, predicate type and, on demand, the statement of each
 * layer. Statements are the bytes of their blobs without the whitespace between tokens, never parsed and stringified
 * (docs/reference/behavior/attestations.md#response-bodies).
 *
 * @param layers what to report
 * @param content where the statements are; without it they are left out
 * @throws NOT_FOUND for an absent blob; InvalidStatement for the first that is no JSON, after all were found
 */
export async function renderStatements(layers: readonly StatementLayer[], content?: ContentStore): Promise<Body> {
  if (content === undefined) return whole(layers.map(header));
  const sizes = await inOrder(layers.map(({ descriptor }) => sizeOf(content, descriptor)));
  if (sizes.reduce((sum, size) => sum + size, 0) > inMemory) return stream(layers, content);
  const bytes = await inOrder(layers.map(({ descriptor }) => read(content, descriptor)));
  return whole(
    layers.map((layer, i) =>
      Buffer.concat([header(layer), Buffer.from(',"Statement":'), compact(layer.descriptor, bytes[i] as Buffer)]),
    ),
  );
}

/** All values, or the first failure in the order of the list, whichever came first in time. */
async function inOrder<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

function header({ descriptor, predicateType }: StatementLayer): Buffer {
  const type = encodeString(predicateType);
  return Buffer.from(`{"Descriptor":${encodeJson(descriptor, descriptorType)},"PredicateType":${type}`);
}

function whole(entries: readonly Buffer[]): Body {
  const parts = entries.flatMap((entry, i) => [Buffer.from(i === 0 ? '' : ','), entry, Buffer.from('}')]);
  const content = Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']\n')]);
  return { length: content.length, content };
}

/**
 * Two passes over the blobs: one that finds faults and the length while a status can still be chosen, one that sends.
 */
async function stream(layers: readonly StatementLayer[], content: ContentStore): Promise<Body> {
  const frames = layers.map((layer, i) => `${i === 0 ? '[' : '},'}${header(layer)},"Statement":`);
  const end = '}]\n';
  let length = Buffer.byteLength(end);
  for (const [i, { descriptor }] of layers.entries()) {
    length += Buffer.byteLength(frames[i] as string);
    length += await compactLength(content, descriptor);
  }
  async function* pieces(): AsyncGenerator<Buffer> {
    for (const [i, { descriptor }] of layers.entries()) {
      yield Buffer.from(frames[i] as string);
      yield* compactPieces(content, descriptor);
    }
    yield Buffer.from(end);
  }
  return { length, content: Readable.from(pieces(), { objectMode: false, highWaterMark: 0 }) };
}

/** Statements whose length is remembered, of each store. */
const remembered = 1000;
const lengths = new WeakMap<ContentStore, Map<string, Promise<number>>>();

/**
 * Bytes of a statement without the whitespace between tokens. Found once for all who ask for it, at the same time or
 * later; a fault is found anew, for the blob may be mended.
 */
function compactLength(content: ContentStore, descriptor: Descriptor): Promise<number> {
  const known = lengths.get(content) ?? new Map<string, Promise<number>>();
  lengths.set(content, known);
  const found = known.get(descriptor.digest);
  if (found !== undefined) return found;
  const measured = measure(content, descriptor);
  known.set(descriptor.digest, measured);
  const [oldest] = known.keys();
  if (known.size > remembered && oldest !== undefined) known.delete(oldest);
  measured.catch(() => known.delete(descriptor.digest));
  return measured;
}

async function measure(content: ContentStore, descriptor: Descriptor): Promise<number> {
  let length = 0;
  for await (const piece of compactPieces(content, descriptor)) length += piece.length;
  return length;
}

function compact({ digest }: Descriptor, bytes: Buffer): Buffer {
  if (bytes.length === 0) return absent;
  try {
    return compactJson(bytes);
  } catch (error) {
    throw error instanceof AttestdError && error.code === 'INVALID_JSON'
      ? new InvalidStatement(digest, error.message)
      : error;
  }
}

async function* compactPieces(content: ContentStore, descriptor: Descriptor): AsyncGenerator<Buffer> {
  reading++;
  try {
    const inline = inlineData(descriptor);
    yield* compacted(inline === undefined ? await open(content, descriptor) : [inline], descriptor);
  } finally {
    reading--;
  }
}

async function* compacted(source: Iterable<Buffer> | Readable, descriptor: Descriptor): AsyncGenerator<Buffer> {
  const scanner = new JsonScanner();
  let empty = true;
  for await (const piece of source as AsyncIterable<Buffer>) {
    if (piece.length === 0) continue;
    empty = false;
    // In its own place: what comes out is never ahead of what goes in, and a second piece for each reader is memory.
    const end = scanner.push(piece, piece, 0);
    if (scanner.error !== undefined) break;
    yield piece.subarray(0, end);
  }
  if (empty) {
    yield absent;
    return;
  }
  scanner.end();
  if (scanner.error !== undefined) throw new InvalidStatement(descriptor.digest, scanner.error);
}

async function sizeOf(content: ContentStore, descriptor: Descriptor): Promise<number> {
  if (inlineData(descriptor) !== undefined) return descriptor.size;
  const info = await withText(descriptor, () => content.info(descriptor.digest));
  if (info === undefined) throw unavailable(descriptor);
  return info.size;
}

async function read(content: ContentStore, descriptor: Descriptor): Promise<Buffer> {
  return inlineData(descriptor) ?? (await withText(descriptor, () => content.bytes(descriptor.digest)));
}

function open(content: ContentStore, descriptor: Descriptor): Promise<Readable> {
  return withText(descriptor, () => content.stream(descriptor.digest, { chunk: chunkSize() }));
}

async function withText<T>(descriptor: Descriptor, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw isMissing(error) ? unavailable(descriptor) : error;
  }
}

function unavailable({ digest }: Descriptor): AttestdError {
  const { code, message } = missingContent(digest);
  return new AttestdError(code, `attestation statement ${digest} is not available locally: ${message}`);
}
