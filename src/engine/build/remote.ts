import { Readable } from 'node:stream';
import { readAtMost } from '../../distribution/answers.js';
import { drop, header, type RegistryResponse } from '../../distribution/transport.js';
import { AttestdError } from '../../errors.js';
import { quote } from '../../go/quote.js';
import { largestDocument } from '../../oci/manifest-cache.js';
import type { Context } from '../context.js';
import { download, toldBody } from '../registry/download.js';
import type { Emit } from '../registry/message-stream.js';
import { type BuildContext, contextOfArchive } from './context.js';
import { contextOfGit, isGitUrl } from './git.js';

const archives = /^application\/(?:(?:x-)?tar|octet-stream|(?:x-)?(?:gzip|bzip2?|xz))$/;

/**
 * Take a context from a URL: an archive, the text of a Dockerfile, or a Git repository (docs/behaviour.md#build-context).
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
  const [type = ''] = (header(response, 'content-type') ?? '').split(';');
  if (type === 'text/plain') return { files: undefined, dockerfile: await readAtMost(response, largestDocument) };
  if (archives.test(type)) {
    const told = toldBody(response, emit, { status: url, id: 'Downloading context' });
    return contextOfArchive(context, Readable.from(told, { objectMode: false }), dockerfile);
  }
  await drop(response);
  const why = `unsupported Content-Type ${quote(type)}`;
  throw new AttestdError('INTERNAL', `error detecting content type for remote ${url}: ${why}`);
}

async function fetched(context: Context, url: string, signal: AbortSignal): Promise<RegistryResponse> {
  try {
    return await download(context, url, signal);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const what = `error downloading remote context ${url}: ${error.message}`;
    throw new AttestdError(error.code, what, { cause: error });
  }
}
