import type { Attestation, Kit } from './kit.js';
import { type Draft, foreignPlatform, type Recipe, types } from './recipe.js';
import { withLayers } from './recipes-forms.js';
import { attest, indexed } from './recipes-sound.js';

function one(kit: Kit, predicateType: string, entry: string, more: Partial<Attestation> = {}): Attestation {
  const bytes = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType,
      subject: [],
      predicate: `${kit.salt} ${entry}`,
    }),
  );
  return { predicateType, bytes, ...more };
}

export const missingStatement: Recipe = {
  summary: 'the second of three statements is not in the archive',
  unsound: true,
  make: (kit) =>
    withLayers(kit, () => [
      one(kit, types.provenance, 'here'),
      one(kit, types.spdx, 'missing', { missing: true }),
      one(kit, types.custom, 'here too'),
    ]),
};

export const missingAttestationManifest: Recipe = {
  summary: 'the attestation manifest is not in the archive',
  unsound: true,
  make(kit) {
    const draft = withLayers(kit, () => [one(kit, types.provenance, 'unreachable')]);
    for (const { manifest } of draft.attested) kit.drop(manifest.digest);
    return draft;
  },
};

export const missingImageManifest: Recipe = {
  summary: "a foreign platform's image manifest is not in the archive, its attestations are",
  unsound: true,
  make(kit) {
    const images = [kit.image(kit.host), kit.image(foreignPlatform(kit.host))];
    const attested = images.map((image) => attest(kit, image, [types.provenance]));
    const draft = indexed(kit, images, attested);
    for (const descriptor of [images[1]?.descriptor, images[1]?.config, ...(images[1]?.layers ?? [])])
      if (descriptor) kit.drop(descriptor.digest);
    return draft;
  },
};

export const notJson: Recipe = {
  summary: 'the second of three statements is not JSON',
  unsound: true,
  make: (kit) =>
    withLayers(kit, () => [
      one(kit, types.provenance, 'good'),
      { predicateType: types.spdx, bytes: Buffer.from(`no JSON at all: ${kit.salt}`) },
      one(kit, types.custom, 'good too'),
    ]),
};

export const mixed: Recipe = {
  summary:
    'good statements among a missing one, one without annotation, one that is not JSON and JSON that is not an object',
  unsound: true,
  make: (kit) =>
    withLayers(kit, () => [
      one(kit, types.provenance, 'good'),
      { bytes: one(kit, 'none', 'unannotated').bytes },
      one(kit, types.spdx, 'missing', { missing: true }),
      { predicateType: types.legacy, bytes: Buffer.from(`{"broken": ${kit.salt}`) },
      { predicateType: types.custom, bytes: Buffer.from(`["${kit.salt}"]`) },
      one(kit, types.custom, 'last'),
    ]),
};

/** An image with one attestation whose index entry is annotated otherwise than BuildKit does. */
function annotated(annotations: (subject: string) => Record<string, string>): (kit: Kit) => Draft {
  return (kit) => {
    const image = kit.image(kit.host);
    const attestations = [one(kit, types.provenance, 'unattached')];
    const { descriptor, layers } = kit.attestationManifest(image.descriptor, attestations, {
      annotations: annotations(image.descriptor.digest),
    });
    return indexed(kit, [image], [{ subject: image.descriptor, manifest: descriptor, layers, attestations }]);
  };
}

export const orphan: Recipe = {
  summary: 'an attestation manifest that refers to a digest outside the index',
  make: annotated(() => ({
    'vnd.docker.reference.digest': `sha256:${'0'.repeat(64)}`,
    'vnd.docker.reference.type': 'attestation-manifest',
  })),
};

export const noReference: Recipe = {
  summary: 'an attestation manifest that does not say what it attests',
  make: annotated(() => ({ 'vnd.docker.reference.type': 'attestation-manifest' })),
};

export const otherType: Recipe = {
  summary: 'a manifest that refers to the image with another reference type',
  make: annotated((subject) => ({
    'vnd.docker.reference.digest': subject,
    'vnd.docker.reference.type': 'something-else',
  })),
};
