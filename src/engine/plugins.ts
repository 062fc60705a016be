import type { Readable } from 'node:stream';
import { decompress } from '../oci/compression.js';
import { familiarString, type NamedReference } from '../oci/reference.js';
import { AttestdError } from '../support/foundation/errors.js';
import { decodeJson, goAny } from '../support/go/json.js';
import { entriesOfTar, extractionError } from './containers/io/archive-entries.js';
import type { Context } from './context.js';
import type { RegistryUse } from './types.js';

/** Bytes of a plugin's configuration that are read. */
const largestConfig = 1 << 20;

/** This server takes no plugins, which it says itself: a daemon would install one. */
function noPlugins(): AttestdError {
  return new AttestdError('NOT_IMPLEMENTED', 'the reference server takes no plugins');
}

/**
 * `POST /plugins/pull` (docs/reference/behavior/daemon.md#plugins): reports a missing plugin as a daemon does.
 *
 * @param reference with a tag or digest
 * @returns never; throws NOT_FOUND, the registry's errors, or NOT_IMPLEMENTED for a plugin that exists
 */
export async function pullPlugin(context: Context, reference: NamedReference, use: RegistryUse): Promise<never> {
  const { credentials = {}, headers = {}, signal = new AbortController().signal } = use;
  try {
    const repository = await context.registries.registry.repository(reference, { credentials, headers, signal });
    await repository.resolve();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const missing = error.code === 'NOT_FOUND' ? `${familiarString(reference)}: not found` : error.message;
    throw new AttestdError(error.code, `error resolving plugin reference: ${missing}`, { cause: error });
  }
  throw noPlugins();
}

/**
 * `POST /plugins/create` (docs/reference/behavior/daemon.md#plugins).
 *
 * @param body a tar archive with `config.json` and `rootfs`, plain or compressed
 * @returns never; throws INTERNAL for an invalid plugin, NOT_IMPLEMENTED for a valid one
 */
export async function createPlugin(body: Readable): Promise<never> {
  let config: Buffer | undefined;
  try {
    for await (const { name, type, size, content } of entriesOfTar(await decompress(body)))
      if (name === 'config.json' && type === 'file' && size <= largestConfig) config = await bytesOf(content);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('INTERNAL', `failed to read from tar: ${extractionError(error)}`, { cause: error });
  }
  if (config === undefined) throw new AttestdError('INTERNAL', 'config not found');
  try {
    decodeJson(config, goAny);
  } catch (error) {
    throw new AttestdError('INTERNAL', `failed to parse config: ${(error as Error).message}`, { cause: error });
  }
  throw noPlugins();
}

async function bytesOf(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
