import { AttestdError } from '../foundation/errors.js';
import { withoutQuery } from './network-errors.js';
import { type ApiRequest, type Host, sendWithRetries } from './requester.js';
import { unexpectedStatus } from './response-errors.js';
import { drop, header, type RegistryResponse } from './transport.js';

/** Times that a body is asked for again without a byte of it coming. */
const futile = 3;

/**
 * The bytes behind a request, asked for again from where they broke off.
 *
 * @param open gives the bytes from an offset on
 * @param size bytes that there are
 * @throws what `open` throws, except that of the connection that broke
 */
export async function* readResuming(
  open: (offset: number) => Promise<AsyncIterable<Buffer>>,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let offset = 0;
  for (let fruitless = 0; ; ) {
    const pieces = await open(offset);
    const before = offset;
    try {
      for await (const piece of pieces) {
        offset += piece.length;
        yield piece;
      }
      if (offset >= size) return;
    } catch (error) {
      if (signal?.aborted === true || offset >= size) throw error;
    }
    fruitless = offset > before ? 0 : fruitless + 1;
    if (fruitless > futile) {
      throw new AttestdError('CORRUPT', `body ended after ${offset} bytes: unexpected EOF`, { cause: endedEarly });
    }
  }
}

/** The cause of the error for a body that ends early however often it is asked for. */
const endedEarly = Symbol('ended early');

/** Whether an error says that a body ended early. */
export const isShortRead = (error: unknown): boolean => error instanceof AttestdError && error.cause === endedEarly;

/**
 * Ask for a body from an offset on.
 *
 * @throws AttestdError NOT_FOUND for a status of 404; INTERNAL for other refusals and for ranges that are not what was
 * asked for
 */
export async function openAt(host: Host, request: ApiRequest, offset: number): Promise<RegistryResponse> {
  const headers = { ...request.headers, ...(offset > 0 && { range: `bytes=${offset}-` }) };
  const response = await sendWithRetries(host, { ...request, headers });
  if (response.status === 404) {
    await drop(response);
    // By the scheme that was tried first, as dockerd names it.
    const url = new URL(response.url);
    url.protocol = host.endpoint.scheme;
    throw new AttestdError('NOT_FOUND', `content at ${withoutQuery(url)} not found: not found`);
  }
  if (response.status > 299) throw await unexpectedStatus(response);
  if (offset === 0 || response.status === 206) await checkRange(response, offset);
  return response;
}

async function checkRange(response: RegistryResponse, offset: number): Promise<void> {
  const range = header(response, 'content-range');
  if (response.status !== 206 || range === undefined || range.startsWith(`bytes ${offset}-`)) return;
  await drop(response);
  throw new AttestdError('INTERNAL', `unhandled content range in response: ${range}`);
}

/** The bytes of an answer from an offset on, where the answer has all of them. */
export async function* skipTo(response: RegistryResponse, offset: number): AsyncGenerator<Buffer> {
  let left = response.status === 206 ? 0 : offset;
  for await (const piece of response.body as AsyncIterable<Buffer>) {
    const skipped = Math.min(left, piece.length);
    left -= skipped;
    if (skipped < piece.length) yield piece.subarray(skipped);
  }
}
