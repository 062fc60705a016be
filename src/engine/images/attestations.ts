import { type Body, InvalidStatement, renderStatements } from '../../attestations/body.js';
import { attestationManifestOf, statementLayers } from '../../attestations/chain.js';
import { predicateFilter } from '../../attestations/predicates.js';
import { mediaTypes } from '../../oci/media-types.js';
import { renderJson } from '../../support/go/json/render.js';
import type { Context } from '../context.js';
import type { AttestationOptions } from '../types.js';
import { resolveImage } from './names.js';

/**
 * `GET /images/{name}/attestations` (docs/reference/behavior/attestations.md#attestations-of-an-image,
 * docs/reference/behavior/http.md#parameters).
 *
 * @throws NOT_FOUND for a missing image, platform or blob; INVALID_REFERENCE; CORRUPT for unreadable content and, on
 * the experimental channel, for a statement that is not JSON; INTERNAL for a Docker hardened image
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

/** The error object that dockerd sends with status 200 if a statement is not JSON (docs/explanation/deviations.md). */
function faultyBody(fault: string): Body {
  const message = `json: error calling MarshalJSON for type *json.RawMessage: ${fault}`;
  const content = renderJson({ message });
  return { length: content.length, content };
}
