import { fileURLToPath } from 'node:url';

/** The path of one of the images that BuildKit built. */
export function buildkitImage(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/images/buildkit/${name}`, import.meta.url));
}

/** `hello:attested`: linux/amd64 and linux/arm64, each with SLSA provenance and an SPDX document. */
export const ATTESTED = {
  tar: buildkitImage('buildkit-attested.tar'),
  name: 'hello:attested',
  index: 'sha256:3798bf8308ac92bc2784fb3db63fe9dccfeb81d3c5501a4a77b0febd9be66aed',
  amd64: 'sha256:49aab9b4864fafe77935d729661ecb8e4efc90b664e1c5221aa90845a8c52a27',
  arm64: 'sha256:2c002f32b2a9cb870505814c09ad3f0534510b2843bbe9a7291ed7ff4760aa43',
} as const;

/** `hello:plain`: one manifest, no index, no attestations; the manifest is ATTESTED's for linux/amd64. */
export const PLAIN = {
  tar: buildkitImage('buildkit-plain.tar'),
  name: 'hello:plain',
  id: 'sha256:49aab9b4864fafe77935d729661ecb8e4efc90b664e1c5221aa90845a8c52a27',
} as const;

/** `hello:slsa02`: three platforms with SLSA 0.2 provenance. */
export const SLSA02 = {
  tar: buildkitImage('buildkit-slsa02.tar'),
  name: 'hello:slsa02',
  index: 'sha256:a06ed958840b8bf6e1fb154055195a9ab222633ac8a50918b6dac27e7c21e1f0',
} as const;

/** The first twelve digits of a digest, as clients show ids. */
export function short(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
