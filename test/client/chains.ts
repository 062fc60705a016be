import { type AttestationChain, type EngineClient, resolveAttestations } from '../../src/client/index.js';

/** Archives of test/golden/images whose chains were recorded. */
export const chainImages = [
  'att-basic',
  'att-cosign',
  'att-desc-no-platform',
  'att-dhi',
  'att-missing-attestation-manifest',
  'att-missing-blob',
  'att-multi',
  'att-none',
  'att-oci-artifact',
  'att-two-manifests',
  'docker-list',
  'plain-manifest',
] as const;

const predicateTypes = [
  'https://slsa.dev/provenance/v1',
  'https://slsa.dev/provenance/v0.2',
  'https://spdx.dev/Document',
];
const platform = { os: 'linux', architecture: 'amd64' };

/** A chain as JSON, its blobs by digest and length. */
export function plainChain(chain: AttestationChain): object {
  const blobs = [...chain.blobs].map(([digest, { data, descriptor }]) => ({
    digest,
    bytes: data.length,
    mediaType: descriptor.mediaType,
  }));
  const gaps = chain.gaps.map(({ part, reason, digest }) => ({ part, reason, ...(digest && { digest }) }));
  return { ...chain, blobs, gaps };
}

/** Load an archive, resolve the chain of its image, remove it. */
export async function chainOf(client: EngineClient, name: string, archive: Buffer): Promise<object> {
  await client.request('POST', '/images/load', {}, archive);
  try {
    return plainChain(await resolveAttestations(client, name, { platform, predicateTypes }));
  } finally {
    await client.request('DELETE', `/images/${name}`, { force: '1' });
  }
}
