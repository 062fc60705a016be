import { Readable } from 'node:stream';
import { readAtMost, statusText } from '../../distribution/answers.js';
import type { Transport } from '../../distribution/transport.js';
import { header } from '../../distribution/transport.js';
import { AttestdError, type ErrorCode } from '../../errors.js';
import { quote } from '../../go/quote.js';
import { parsePlatform } from '../../oci/platform.js';
import type { Context } from '../context.js';
import { messagesOf } from '../registry/message-stream.js';
import type { ImportOptions, StreamMessage } from '../types.js';
import { importImage } from './import.js';
import { repoTag } from './tag.js';

/** Longest refusal that is told. */
const longestRefusal = 64 * 1024;

/** Milliseconds between two messages about how far an import has come. */
const interval = 100;

/**
 * `POST /images/create?fromSrc=URL`: an image of one layer from an archive that is fetched first.
 *
 * @param source a URL; one without a scheme is of HTTP
 * @throws INVALID_PLATFORM, INVALID_REFERENCE, INVALID_ARGUMENT for bad parameters; NOT_FOUND, INVALID_ARGUMENT, UNAUTHORIZED,
 * FORBIDDEN, INTERNAL for what the other side refuses (docs/registry.md#import-from-a-url)
 */
export async function importFrom(
  context: Context,
  source: string,
  options: ImportOptions,
  outer?: AbortSignal,
): Promise<AsyncIterable<StreamMessage>> {
  if (options.platform) parsePlatform(options.platform, context.host);
  repoTag(options.repo ?? '', options.tag ?? '');
  const address = source.includes('://') ? source : `http://${source}`;
  const url = parseSource(address);
  return messagesOf(async (emit, signal) => {
    const response = await transportTo(context, url).send({ method: 'GET', url, headers: {}, signal });
    if (response.status >= 400) throw await refused(address, response);
    emit({ status: `Downloading from ${address}` });
    const total = Number(header(response, 'content-length') ?? 0);
    let current = 0;
    let told = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const piece of response.body as AsyncIterable<Buffer>) {
        current += piece.length;
        if (Date.now() - told >= interval || current === total) {
          told = Date.now();
          emit({ status: 'Importing', progressDetail: { current, ...(total > 0 && { total }) } });
        }
        yield piece;
      }
    }
    const archive = Readable.from(counted(), { objectMode: false });
    const message = options.message || `Imported from ${source}`;
    for await (const one of await importImage(context, archive, { ...options, message })) emit(one);
  }, outer);
}

function parseSource(address: string): URL {
  const parsing = (why: string): AttestdError =>
    new AttestdError('INVALID_ARGUMENT', `parse ${quote(address)}: ${why}`);
  if (address.startsWith('://')) throw parsing('missing protocol scheme');
  const [, scheme = ''] = /^([^:/]*):\/\//.exec(address) ?? [];
  if (!/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme)) throw parsing('first path segment in URL cannot contain colon');
  const [, host = ''] = /^[^:]*:\/\/([^/?#]*)/.exec(address) ?? [];
  const [bad] = /[\s"<>^`{|}\\]/.exec(host) ?? [];
  if (bad !== undefined) throw parsing(`invalid character ${quote(bad)} in host name`);
  const failed = (shown: string, why: string): AttestdError =>
    new AttestdError('INTERNAL', `Get ${quote(shown)}: ${why}`);
  if (!/^https?$/i.test(scheme)) throw failed(address, `unsupported protocol scheme ${quote(scheme.toLowerCase())}`);
  if (host === '') throw failed(address.replace(/\/+$/, ''), 'http: no Host in request URL');
  if (!URL.canParse(address)) throw parsing('invalid URL');
  return new URL(address);
}

function transportTo({ registries }: Context, url: URL): Transport {
  const scheme = url.protocol === 'http:' ? 'http' : 'https';
  const about = { path: '', mirror: false, insecure: false, fallback: false, certificates: {} } as const;
  return registries.registry.transport({ scheme, host: url.host, ...about });
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
};

async function refused(address: string, response: Parameters<typeof readAtMost>[0]): Promise<AttestdError> {
  const body = await readAtMost(response, longestRefusal).catch(() => Buffer.alloc(0));
  const what = `failed to GET ${address} with status ${statusText(response.status)}: ${body.toString().trim()}`;
  return new AttestdError(codes[response.status] ?? 'INTERNAL', what);
}
