import { createHash } from 'node:crypto';
import type { ContentStore } from '../oci/content-store.js';
import type { Manifest } from '../oci/manifest.js';
import { readContent } from '../oci/read-content.js';
import { compactJson } from '../support/go/json.js';
import { statementLayers } from './chain.js';

const openBrace = 0x7b;

/**
 * `AttestationData.Statements` of the proposal: the verbatim statements of an attestation manifest in layer order.
 * A blob that is absent, does not hash to its digest or is no JSON object is skipped.
 *
 * @param manifest the attestation manifest
 * @param content where the blobs are
 * @param debug hears of each skipped blob
 */
export async function verbatimStatements(
  manifest: Manifest,
  content: ContentStore,
  debug: (message: string, fields: Readonly<Record<string, string>>) => void,
): Promise<readonly Buffer[]> {
  const statements: Buffer[] = [];
  for (const { descriptor } of statementLayers(manifest)) {
    try {
      const bytes = await readContent(content, descriptor);
      checkDigest(descriptor.digest, bytes);
      const compacted = compactJson(bytes);
      if (compacted[0] !== openBrace) throw new Error('not a JSON object');
      statements.push(compacted);
    } catch (error) {
      debug('attestation statement skipped', { digest: descriptor.digest, reason: (error as Error).message });
    }
  }
  return statements;
}

function checkDigest(digest: string, bytes: Buffer): void {
  const [algorithm = '', encoded] = digest.split(':');
  if (createHash(algorithm).update(bytes).digest('hex') !== encoded)
    throw new Error('content does not match its digest');
}
