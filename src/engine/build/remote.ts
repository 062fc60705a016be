import { Readable } from 'node:stream';
import { ByteReader } from '../../oci/bytes.js';
import { largestDocument } from '../../oci/manifest-cache.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { drop, header, type RegistryResponse } from '../../support/registry-client/transport.js';
import type { Context } from '../context.js';
import { download } from '../registry/download.js';
import type { Emit } from '../registry/message-stream.js';
import { type BuildContext, contextOfArchive } from './context.js';
import { contextOfGit, isGitUrl } from './git.js';
import { longestRow } from './lines.js';

/** Bytes by which it is found out what comes. */
const sniffed = 100;
const octets = 'application/octet-stream';
/** Bytes, and milliseconds, between two messages about how far an archive has come. */
const toldBytes = 512 * 1024;
const toldMilliseconds = 100;

const archives = /^application\/(?:(?:x-)?tar|octet-stream|(?:x-)?(?:gzip|bzip2?|xz))$/;

/**
 * Take a context from a URL: an archive, the text of a Dockerfile, or a Git repository (docs/reference/behavior/builder.md#build-context).
 *
 * @throws INVALID_ARGUMENT, NOT_FOUND, INTERNAL for what cannot be fetched or is neither
 */
export async function contextOfUrl(
  context: Context,
  url: string,
  dockerfile: string,
  emit: Emit,
  signal: AbortSignal,
): Promise<BuildContext> {
  if (url === 'client-session') {
    const why =
      'experimental session with v1 builder is no longer supported, use builder version v2 (BuildKit) instead';
    throw new AttestdError('INVALID_ARGUMENT', why);
  }
  if (isGitUrl(url)) return contextOfGit(context, url, dockerfile, signal);
  if (!/^https?:\/\//.test(url))
    throw new AttestdError('INTERNAL', `remoteURL (${url}) could not be recognized as URL`);
  const response = await fetched(context, url, signal);
  const body = new ByteReader(response.body as AsyncIterable<Buffer>);
  const refuse = async (why: string): Promise<never> => {
    await drop(response);
    throw new AttestdError('INTERNAL', `error detecting content type for remote ${url}: ${why}`);
  };
  const head = await body.peek(sniffed);
  if (head.length === 0) return refuse('empty response');
  const given = header(response, 'content-type') ?? '';
  const [type = ''] = given.split(';');
  const tell = (current: number) => emit({ status: url, progressDetail: { current }, id: 'Downloading context' });
  if (type === 'text/plain' || (['', octets].includes(type) && isText(head))) return onlyDockerfile(body, emit, tell);
  if (type === '' || archives.test(type))
    return contextOfArchive(context, Readable.from(toldArchive(body, tell), { objectMode: false }), dockerfile);
  return refuse(`unsupported Content-Type ${quote(given)}`);
}

/** The text of a Dockerfile; how long it is is told once it is all there, and no line of it is longer than may be. */
async function onlyDockerfile(
  body: ByteReader,
  emit: Emit,
  tell: (current: number) => void | Promise<void>,
): Promise<BuildContext> {
  const dockerfile = await body.exactly(largestDocument);
  await body.close();
  if (
    dockerfile
      .toString('latin1')
      .split('\n')
      .some((line) => line.length > longestRow)
  )
    return { files: undefined, dockerfile };
  await tell(dockerfile.length);
  await emit({});
  return { files: undefined, dockerfile };
}

/** Bytes of an archive; how far it has come is told after each so many, but not too often, and not at its end. */
async function* toldArchive(body: ByteReader, tell: (current: number) => void | Promise<void>): AsyncGenerator<Buffer> {
  let current = 0;
  let told = 0;
  let at = Number.NEGATIVE_INFINITY;
  for await (const piece of body.remaining()) {
    current += piece.length;
    if (current - told > toldBytes && performance.now() - at >= toldMilliseconds) {
      told = current;
      at = performance.now();
      await tell(current);
    }
    yield piece;
  }
}

/** Whether bytes are text, as browsers tell it (WHATWG, MIME Sniffing): without control characters that are none of text. */
const isText = (bytes: Buffer): boolean =>
  !bytes.some(
    (byte) => byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f),
  );

async function fetched(context: Context, url: string, signal: AbortSignal): Promise<RegistryResponse> {
  try {
    return await download(context, url, signal);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const what = `error downloading remote context ${url}: ${error.message}`;
    throw new AttestdError(error.code, what, { cause: error });
  }
}
