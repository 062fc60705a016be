/**
 * What is tested: may an image be deployed? Only one that is there, and whose provenance names the builder that is trusted.
 *
 * @param {import('dockerode')} docker
 * @param {string} name
 */
export async function mayBeDeployed(docker, name) {
  const images = await docker.listImages({ manifests: true, filters: { reference: [name] } });
  const manifests = images.flatMap(({ Manifests }) => Manifests ?? []);
  const statements = manifests.flatMap(({ AttestationData }) => AttestationData?.Statements ?? []);
  return statements.some(({ predicate }) => predicate?.runDetails?.builder?.id === 'https://builder.example/trusted');
}
