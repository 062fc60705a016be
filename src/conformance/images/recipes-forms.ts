import { type Attestation, type Kit, media, predicateKey } from './kit.js';
import { type Draft, type Recipe, types } from './recipe.js';
import { attest, indexed } from './recipes-sound.js';

/** The daemon's platform with attestation layers made by hand. */
export function withLayers(kit: Kit, attestations: (kit: Kit, subject: string) => readonly Attestation[]): Draft {
  const image = kit.image(kit.host);
  const list = attestations(kit, image.descriptor.digest);
  const { descriptor, layers } = kit.attestationManifest(image.descriptor, list);
  return indexed(kit, [image], [{ subject: image.descriptor, manifest: descriptor, layers, attestations: list }]);
}

/** A statement written by hand around the given predicate text. */
function handMade(kit: Kit, predicateType: string, predicate: string): Attestation {
  const type = JSON.stringify(predicateType);
  const text = `{"_type":"https://in-toto.io/Statement/v0.1","predicateType":${type},"subject":[],"suite":${JSON.stringify(kit.salt)},"predicate":${predicate}}`;
  return { predicateType, bytes: Buffer.from(text) };
}

/** Predicate types of the `verbatim` image, in layer order. */
export const verbatimTypes = {
  numbers: 'https://example.test/numbers',
  keys: 'https://example.test/keys',
  escapes: 'https://example.test/escapes',
  html: 'https://example.test/html',
  separators: 'https://example.test/separators',
  whitespace: 'https://example.test/whitespace',
} as const;

export const verbatim: Recipe = {
  summary: 'statements whose bytes a JSON round trip would change',
  make: (kit) =>
    withLayers(kit, () => [
      handMade(kit, verbatimTypes.numbers, '{"a":1.0,"b":1e3,"c":1E+3,"d":-0,"e":12345678901234567890,"f":0.1000}'),
      handMade(kit, verbatimTypes.keys, '{"z":1,"a":2,"z":3,"10":4,"9":5}'),
      handMade(kit, verbatimTypes.escapes, '{"a":"\\u0041\\/\\u00e9é","lone":"\\ud800","del":"\u007f"}'),
      handMade(kit, verbatimTypes.html, '{"html":"<b>&amp;</b>","arrow":"->"}'),
      handMade(kit, verbatimTypes.separators, '{"line":"\u2028","paragraph":"\u2029"}'),
      handMade(kit, verbatimTypes.whitespace, '{\n  "a" : [ 1 ,\t2 ],\r\n  "text" : "two  spaces"\n}\n'),
    ]),
};

/** Statements of the `values` image: JSON, but no objects. */
export const plainValues: readonly string[] = ['null', '[1,{"a":2.0}]', '"text"', '12.50', 'false'];

export const values: Recipe = {
  summary: 'statements that are JSON but no objects',
  make: (kit) =>
    withLayers(kit, () =>
      plainValues.map((text, i) => ({ predicateType: `${types.custom}/${i}`, bytes: Buffer.from(text) })),
    ),
};

/** Predicate type of the `comma` image that holds a comma. */
export const commaType = 'https://example.test/a,b';

export const comma: Recipe = {
  summary: 'predicate types with a comma and the parts of it',
  make: (kit) =>
    withLayers(kit, (_, subject) =>
      [commaType, 'https://example.test/a', 'b', types.spdx].map((predicateType) => ({
        predicateType,
        bytes: kit.statement(predicateType, { mediaType: media.manifest, digest: subject, size: 0 }, predicateType),
      })),
    ),
};

export const unannotated: Recipe = {
  summary: 'layers without a predicate type, or with an empty one, among annotated ones',
  make: (kit) =>
    withLayers(kit, () => [
      { bytes: handMade(kit, 'none', '0').bytes },
      handMade(kit, types.provenance, '1'),
      { predicateType: '', bytes: handMade(kit, 'empty', '2').bytes },
      handMade(kit, types.spdx, '3'),
      { bytes: handMade(kit, 'none', '4').bytes },
    ]),
};

export const duplicates: Recipe = {
  summary: 'several attestations of one predicate type',
  make: (kit) =>
    withLayers(kit, () => [
      handMade(kit, types.spdx, '"first"'),
      handMade(kit, types.provenance, '"middle"'),
      handMade(kit, types.spdx, '"second"'),
      handMade(kit, types.spdx, '"third"'),
    ]),
};

export const many: Recipe = {
  summary: 'a hundred and fifty attestations',
  make: (kit) =>
    withLayers(kit, () => Array.from({ length: 150 }, (_, i) => handMade(kit, `${types.custom}/${i}`, String(i)))),
};

export const big: Recipe = {
  summary: 'a statement of three mebibytes between two small ones',
  make: (kit) =>
    withLayers(kit, () => [
      handMade(kit, types.provenance, '"before"'),
      handMade(kit, types.spdx, `"${'0123456789abcdef'.repeat((3 << 20) / 16)}"`),
      handMade(kit, types.custom, '"after"'),
    ]),
};

/** Size classes of statements, in bytes: each statement has at least the size of its class. */
export const statementSizes = { '2k': 2 << 10, '48k': 48 << 10, '900k': 900 << 10, '3m': 3 << 20 } as const;

/** Predicate type of a statement of a size class. */
export const sizeType = (size: keyof typeof statementSizes): string => `https://example.test/size/${size}`;

/** JSON tokens that change when a statement is parsed and written again, or escaped differently. */
const sensitive =
  '{"z":1,"a":1.0,"b":1e3,"c":1E+3,"d":-0,"e":12345678901234567890,"f":0.1000,"z":3,"10":4,"9":5,' +
  '"escapes":"\\u0041\\/\\u00e9\u00e9\u65e5","lone":"\\ud800","del":"\u007f","html":"<b>&amp;</b> ->"}';

/** Fills a predicate of at least this many bytes with sensitive tokens. */
function sensitivePredicate(bytes: number): string {
  return `[${Array.from({ length: Math.ceil(bytes / sensitive.length) }, () => sensitive).join(',')}]`;
}

export const sizes: Recipe = {
  summary: 'statements of each size class, full of tokens that a JSON round trip would change',
  make: (kit) =>
    withLayers(kit, () =>
      (Object.keys(statementSizes) as (keyof typeof statementSizes)[]).map((size) =>
        handMade(kit, sizeType(size), sensitivePredicate(statementSizes[size])),
      ),
    ),
};

/** Characters that JavaScript separates lines by, and bytes that are not UTF-8, in statements of three size classes. */
export const oddSizes: Recipe = {
  summary: 'statements of several sizes with U+2028, U+2029 and bytes that are not UTF-8',
  make: (kit) =>
    withLayers(kit, () =>
      [1, 4 << 10, 128 << 10].flatMap((count) => [
        handMade(kit, `${types.custom}/separators/${count}`, JSON.stringify('\u2028 \u2029 '.repeat(count))),
        invalidUtf8(kit, `${types.custom}/bytes/${count}`, count),
      ]),
    ),
};

/** A statement whose predicate has bytes that are not UTF-8. */
function invalidUtf8(kit: Kit, predicateType: string, count: number): Attestation {
  const { bytes } = handMade(kit, predicateType, '"@"');
  const at = bytes.lastIndexOf('@');
  const odd = Buffer.from('\xff\xc3( \xed\xa0\x80 '.repeat(count), 'latin1');
  return { predicateType, bytes: Buffer.concat([bytes.subarray(0, at), odd, bytes.subarray(at + 1)]) };
}

export const artifact: Recipe = {
  summary: 'an attestation manifest stored as OCI artifact, with artifactType and subject',
  make(kit) {
    const image = kit.image(kit.host);
    const attestations = [types.provenance, types.spdx].map((type) => handMade(kit, type, '"artifact"'));
    const { descriptor, layers } = kit.attestationManifest(image.descriptor, attestations, { artifact: true });
    return indexed(kit, [image], [{ subject: image.descriptor, manifest: descriptor, layers, attestations }]);
  },
};

export const rich: Recipe = {
  summary: 'an attestation layer whose descriptor uses every optional field',
  make: (kit) =>
    withLayers(kit, () => [
      {
        ...handMade(kit, types.provenance, '"rich"'),
        descriptor: {
          urls: ['https://example.test/a', 'https://example.test/b'],
          annotations: { [predicateKey]: types.provenance, 'example.test/zed': 'z', 'example.test/alpha': 'a' },
          platform: { architecture: 'amd64', os: 'linux' },
          artifactType: 'application/vnd.example+json',
        },
      },
    ]),
};

export const inline: Recipe = {
  summary: 'a statement that only the descriptor carries, as inline data',
  make(kit) {
    return withLayers(kit, () => {
      const one = handMade(kit, types.provenance, '"inline"');
      return [{ ...one, missing: true, descriptor: { data: one.bytes.toString('base64') } }];
    });
  },
};

export const sizeMismatch: Recipe = {
  summary: 'an attestation layer whose descriptor gives a wrong size',
  make: (kit) => withLayers(kit, () => [{ ...handMade(kit, types.provenance, '"size"'), descriptor: { size: 10 } }]),
};

export const dockerList: Recipe = {
  summary: 'a Docker manifest list with an attestation manifest',
  make(kit) {
    const draft = withLayers(kit, () => [handMade(kit, types.provenance, '"list"')]);
    kit.drop(draft.root.digest);
    return { ...draft, root: kit.index(draft.manifests, media.dockerList) };
  },
};

export const twoManifests: Recipe = {
  summary: 'two attestation manifests for one image',
  make(kit) {
    const image = kit.image(kit.host);
    return indexed(kit, [image], [attest(kit, image, [types.provenance]), attest(kit, image, [types.spdx])]);
  },
};

export const twoImages: Recipe = {
  summary: "two images for the daemon's platform, each attested",
  make(kit) {
    const images = [kit.image(kit.host), kit.image(kit.host, { env: ['SECOND=1'] })];
    return indexed(
      kit,
      images,
      images.map((image, i) => attest(kit, image, [i === 0 ? types.provenance : types.spdx])),
    );
  },
};

/** Registry that the `forged` image claims to come from. */
export const forgery = 'forged.example.test';

export const forged: Recipe = {
  summary: 'a health check, instructions for builds, a shell, and a config that claims an identity',
  make(kit) {
    const image = kit.image(kit.host, {
      config: {
        Healthcheck: { Test: ['CMD', '/bin/suite', '--health'], Interval: 30_000_000_000, Retries: 3 },
        OnBuild: ['COPY . /suite', 'RUN /bin/suite --build'],
        Shell: ['/bin/suite', '-c'],
      },
      document: { Identity: { Pull: [{ Repository: `${forgery}/app` }] } },
    });
    return indexed(kit, [image], []);
  },
};
