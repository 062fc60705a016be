import type { Kit, Platform, PlatformImage } from './kit.js';
import { type Attested, type Draft, foreignPlatform, type Recipe, types } from './recipe.js';

/** Provenance and SBOM of an image, as BuildKit attaches them. */
export function attest(kit: Kit, image: PlatformImage, predicates: readonly string[]): Attested {
  const attestations = predicates.map((predicateType, i) => ({
    predicateType,
    bytes: kit.statement(predicateType, image.descriptor, {
      suite: kit.salt,
      entry: i,
      platform: image.platform,
    }),
  }));
  const { descriptor, layers } = kit.attestationManifest(image.descriptor, attestations);
  return { subject: image.descriptor, manifest: descriptor, layers, attestations };
}

/** An index of images first and attestation manifests after them. */
export function indexed(kit: Kit, images: readonly PlatformImage[], attested: readonly Attested[]): Draft {
  const manifests = [...images.map((image) => image.descriptor), ...attested.map(({ manifest }) => manifest)];
  return { root: kit.index(manifests), manifests, images, attested };
}

/** The platforms of the `multi` image: the daemon's first, then the usual others. */
export function manyPlatforms(host: Platform): Platform[] {
  const others: Platform[] = [
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm64', os: 'linux', variant: 'v8' },
    { architecture: 'arm', os: 'linux', variant: 'v6' },
    { architecture: 'arm', os: 'linux', variant: 'v7' },
    { architecture: 'amd64', os: 'windows', 'os.version': '10.0.17763.1234' },
  ];
  const same = (a: Platform): boolean =>
    a.os === host.os && a.architecture === host.architecture && a.variant === host.variant;
  return [host, ...others.filter((platform) => !same(platform))];
}

export const basic: Recipe = {
  summary: "the daemon's platform with provenance and SBOM",
  make(kit) {
    const image = kit.image(kit.host, { layers: 2 });
    return indexed(kit, [image], [attest(kit, image, [types.provenance, types.spdx])]);
  },
};

export const bare: Recipe = {
  summary: "an index with the daemon's platform and no attestations",
  make: (kit) => indexed(kit, [kit.image(kit.host)], []),
};

export const plain: Recipe = {
  summary: 'a manifest without an index',
  make(kit) {
    const image = kit.image(kit.host, { noPlatform: true });
    return { root: image.descriptor, manifests: [], images: [image], attested: [] };
  },
};

export const multi: Recipe = {
  summary: 'five platforms or more, each with attestations of its own',
  make(kit) {
    const images = manyPlatforms(kit.host).map((platform) => kit.image(platform));
    const attested = images.map((image, i) =>
      attest(kit, image, i === 0 ? [types.legacy, types.spdx, types.provenance] : [types.provenance]),
    );
    return indexed(kit, images, attested);
  },
};

export const nested: Recipe = {
  summary: 'an index whose only entry is an index, with the image and its attestations in it',
  make(kit) {
    const image = kit.image(kit.host);
    const attested = attest(kit, image, [types.provenance]);
    const inner = kit.index([image.descriptor, attested.manifest]);
    return { root: kit.index([inner]), manifests: [inner], images: [image], attested: [attested] };
  },
};

export const foreign: Recipe = {
  summary: "attested, but not for the daemon's platform",
  make(kit) {
    const image = kit.image(foreignPlatform(kit.host));
    return indexed(kit, [image], [attest(kit, image, [types.provenance])]);
  },
};

export const older: Recipe = {
  summary: 'created four years before the others',
  make: (kit) => indexed(kit, [kit.image(kit.host, { created: '2020-02-03T04:05:06Z' })], []),
};

export const twoNames: Recipe = {
  summary: 'one image under two tags',
  make(kit) {
    const image = kit.image(kit.host);
    return { ...indexed(kit, [image], [attest(kit, image, [types.provenance])]), tags: ['latest', 'second'] };
  },
};

export const unnamed: Recipe = {
  summary: 'an image without a name',
  make(kit) {
    const image = kit.image(kit.host);
    return { ...indexed(kit, [image], [attest(kit, image, [types.provenance])]), tags: [] };
  },
};
