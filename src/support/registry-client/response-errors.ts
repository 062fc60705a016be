import { STATUS_CODES } from 'node:http';
import { AttestdError } from '../foundation/errors.js';
import { withoutQuery } from './network-errors.js';
import { drop, type RegistryResponse } from './transport.js';
import type { RegistryRefusal } from './types.js';

/** Bytes of a refusal that are read. */
const refusalLimit = 64 * 1024;

/** `404 Not Found`. */
export const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();

/** The error for a status that was not hoped for, with what the registry said as its cause. */
export async function unexpectedStatus(response: RegistryResponse): Promise<AttestdError> {
  const { method, url, status } = response;
  const body = (await start(response, refusalLimit)).toString();
  const what = `unexpected status from ${method} request to ${withoutQuery(url)}: ${statusText(status)}`;
  return new AttestdError('INTERNAL', what, { cause: { status, body } satisfies RegistryRefusal });
}

/** The first bytes of a body; whatever goes wrong later does not matter. */
async function start(response: RegistryResponse, limit: number): Promise<Buffer> {
  try {
    return await readAtMost(response, limit);
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * A whole body.
 *
 * @param limit bytes
 * @throws AttestdError INTERNAL when it is longer
 */
export async function readAtMost(response: RegistryResponse, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response.body as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > limit) {
      await drop(response);
      const what = `${response.method} ${withoutQuery(response.url)}`;
      throw new AttestdError('INTERNAL', `${what}: the answer is longer than ${limit} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
