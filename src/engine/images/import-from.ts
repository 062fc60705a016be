import { Readable } from 'node:stream';
import { parsePlatform } from '../../oci/platform.js';
import type { Context } from '../context.js';
import { checkAddress, download, reportBody } from '../registry/download.js';
import { messagesOf } from '../registry/message-stream.js';
import type { ImportOptions, StreamMessage } from '../types.js';
import { importImage } from './import.js';
import { repoTag } from './tag.js';

/**
 * `POST /images/create?fromSrc=URL`: downloads an archive and creates an image with one layer.
 *
 * @param source a URL. Default scheme: HTTP.
 * @throws INVALID_PLATFORM, INVALID_REFERENCE, INVALID_ARGUMENT for bad parameters; NOT_FOUND, INVALID_ARGUMENT,
 * UNAUTHORIZED, FORBIDDEN, INTERNAL for the remote server's errors (docs/reference/registries.md#import-from-a-url)
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
  checkAddress(address);
  return messagesOf(async (emit, signal) => {
    const response = await download(context, address, signal);
    emit({ status: `Downloading from ${address}` });
    const archive = Readable.from(reportBody(response, emit, { status: 'Importing' }), { objectMode: false });
    const message = options.message || `Imported from ${source}`;
    for await (const one of await importImage(context, archive, { ...options, message })) emit(one);
  }, outer);
}
