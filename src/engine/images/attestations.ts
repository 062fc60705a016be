import { type Body, InvalidStatement, renderStatements } from '../../attestations/body.js';
import { attestationManifestOf, statementLayers } from '../../attestations/chain.js';
import { predicateFilter } from '../../attestations/predicates.js';
import { mediaTypes } from '../../oci/media-types.js';
import { renderJson } from '../../support/go/json/render.js';
import type { Context } from '../context.js';
import type { AttestationOptions } from '../types.js';
import { resolveImage } from './names.js';

/**
 * `GET /images/{name}/attestations` (docs/reference/behavior/attestations.md#attestations-of-an-image, docs/reference/behavior/http.md#parameters).
 *
 * @throws NOT_FOUND for an image, platform or blob that is not there; INVALID_REFERENCE; CORRUPT for content that
 *   cannot be read, on the experimental channel also for a statement that is no JSON; INTERNAL for a Docker hardened
 *   image
 */
export async function imageAttestations(
  context: Context,
  name: string,
  options: AttestationOptions = {},
): Promise<Body> {
  const { target } = resolveImage(context.store, name);
  if (target.mediaType !== mediaTypes.ociIndex) return renderStatements([]);
  const { manifests: documents, channel } = context;
  const index = await documents.verifiedIndex(target);
  const manifest = attestationManifestOf(index, options.platform ?? context.host);
  if (manifest === undefined) return renderStatements([]);
  const isRequested = predicateFilter(options.types ?? [], channel === 'experimental' ? 'list' : 'exact');
  const decoded = await documents.verifiedManifest(manifest);
  const layers = statementLayers(decoded);
  const reported = new Set(layers.map(({ descriptor }) => descriptor));
  for (const layer of decoded.layers ?? [])
    if (!reported.has(layer))
      context.debug('statement skipped', { digest: layer.digest, reason: 'it has no predicate type' });
  const selected = layers.filter(({ predicateType }) => isRequested(predicateType));
  try {
    return await renderStatements(selected, options.statement === true ? documents.content : undefined);
  } catch (error) {
    if (channel === 'standard' && error instanceof InvalidStatement) return faultyBody(error.fault);
    throw error;
  }
}

/** What dockerd answers with status 200 when a statement is no JSON: an error object (docs/explanation/deviations.md). */
function faultyBody(fault: string): Body {
  const message = `json: error calling MarshalJSON for type *json.RawMessage: ${fault}`;
  const content = renderJson({ message });
  return { length: content.length, content };
}
