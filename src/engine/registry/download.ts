import { AttestdError, type ErrorCode } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { trimRight } from '../../support/go/strings.js';
import { readAtMost, statusText } from '../../support/registry-client/response-errors.js';
import type { RegistryResponse, Transport } from '../../support/registry-client/transport.js';
import { header } from '../../support/registry-client/transport.js';
import type { Context } from '../context.js';
import { maxDownloadErrorBytes } from '../limits.js';
import type { Emit } from './message-stream.js';

/** Milliseconds between two progress messages of a download. */
const interval = 100;

/**
 * Downloads from a URL outside of registries, as `docker import` and the builder do.
 *
 * @param address with its scheme
 * @throws INVALID_ARGUMENT, NOT_FOUND, UNAUTHORIZED, FORBIDDEN, INTERNAL with dockerd's texts
 * (docs/reference/registries.md#import-from-a-url)
 */
export async function download(context: Context, address: string, signal: AbortSignal): Promise<RegistryResponse> {
  const url = parseSource(address);
  const response = await transportTo(context, url).send({ method: 'GET', url, headers: {}, signal });
  if (response.status >= 400) throw await rejection(address, response);
  return response;
}

/** Yields the bytes of a body and reports progress. */
export async function* reportBody(
  response: RegistryResponse,
  emit: Emit,
  message: { readonly status: string; readonly id?: string },
): AsyncGenerator<Buffer> {
  const { status, id } = message;
  const total = Number(header(response, 'content-length') ?? 0);
  let current = 0;
  let reportedBytes = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    current += chunk.length;
    if (Date.now() - reportedBytes >= interval || current === total) {
      reportedBytes = Date.now();
      emit({ status, progressDetail: { current, ...(total > 0 && { total }) }, ...(id !== undefined && { id }) });
    }
    yield chunk;
  }
}

/**
 * Rejects invalid URLs before the stream begins.
 *
 * @throws INVALID_ARGUMENT, INTERNAL
 */
export function checkAddress(address: string): void {
  parseSource(address);
}

function parseSource(address: string): URL {
  const parsing = (reason: string): AttestdError =>
    new AttestdError('INVALID_ARGUMENT', `parse ${quote(address)}: ${reason}`);
  if (address.startsWith('://')) throw parsing('missing protocol scheme');
  const [, scheme = ''] = /^([^:/]*):\/\//.exec(address) ?? [];
  if (!/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme)) throw parsing('first path segment in URL cannot contain colon');
  const [, host = ''] = /^[^:]*:\/\/([^/?#]*)/.exec(address) ?? [];
  const [bad] = /[\s"<>^`{|}\\]/.exec(host) ?? [];
  if (bad !== undefined) throw parsing(`invalid character ${quote(bad)} in host name`);
  const failed = (shown: string, reason: string): AttestdError =>
    new AttestdError('INTERNAL', `Get ${quote(shown)}: ${reason}`);
  if (!/^https?$/i.test(scheme)) throw failed(address, `unsupported protocol scheme ${quote(scheme.toLowerCase())}`);
  if (host === '') throw failed(trimRight(address, '/'), 'http: no Host in request URL');
  if (!URL.canParse(address)) throw parsing('invalid URL');
  return new URL(address);
}

function transportTo({ registries }: Context, url: URL): Transport {
  const scheme = url.protocol === 'http:' ? 'http' : 'https';
  const host = { path: '', mirror: false, insecure: false, fallback: false, certificates: {} } as const;
  return registries.registry.transport({ scheme, host: url.host, ...host });
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
};

async function rejection(address: string, response: Parameters<typeof readAtMost>[0]): Promise<AttestdError> {
  const body = await readAtMost(response, maxDownloadErrorBytes).catch(() => Buffer.alloc(0));
  const what = `failed to GET ${address} with status ${statusText(response.status)}: ${body.toString().trim()}`;
  return new AttestdError(codes[response.status] ?? 'INTERNAL', what);
}
