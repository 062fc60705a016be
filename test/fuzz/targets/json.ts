import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { JsonRanges } from '../../../src/client/json-ranges.js';
import { imageConfigType } from '../../../src/oci/image-config.js';
import { childrenOf, indexType, manifestType } from '../../../src/oci/manifest.js';
import { mediaTypes } from '../../../src/oci/media-types.js';
import { decodePlatform } from '../../../src/server/platform.js';
import { compactJson, decodeJson, firstJson, goAny, JsonScanner, jsonFault } from '../../../src/support/go/json.js';
import { holds, ifTaken, type Target } from '../target.js';

const words = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\u0000',
  '\\ud800',
  '\\n',
  'null',
  'true',
  'false',
  '-0',
  '1e9',
  '0.5',
  '""',
  '{}',
  '[]',
  '"mediaType":',
  '"manifests":',
  '"digest":',
  '"size":',
  '"annotations":',
  '"config":',
  '"layers":',
  '"platform":',
  '"data":',
  '"os":',
  '"architecture":',
  '"sha256:',
  'application/vnd.oci.image.index.v1+json',
  '\ufffd',
  '\u2028',
  '__proto__',
];

const parsedBy = (bytes: Buffer): { value: unknown } | undefined => {
  try {
    return { value: JSON.parse(bytes.toString()) as unknown };
  } catch {
    return undefined;
  }
};

/** The scanner in pieces says what it says of the whole. */
function scanInPieces(bytes: Buffer): string | undefined {
  const scanner = new JsonScanner();
  const out = Buffer.alloc(bytes.length);
  for (let at = 0, size = 1; at < bytes.length && scanner.error === undefined; at += size, size = (size % 7) + 1)
    scanner.push(bytes.subarray(at, at + size), out, 0);
  scanner.end();
  return scanner.error;
}

const scan: Target = {
  name: 'json-scan',
  words,
  seeds: ['{"a":[1,-2.5e3,true,null,"x\\u00e9\\n"],"b":{}}', '[[[[]]]]', ' "text" ', '0'],
  run(bytes) {
    const fault = jsonFault(bytes);
    holds(scanInPieces(bytes) === fault, 'a document is as valid in pieces as it is whole');
    ifTaken(() => firstJson(bytes));
    const compact = ifTaken(() => compactJson(bytes));
    holds((compact === undefined) === (fault !== undefined), 'what is valid is compacted');
    if (compact !== undefined) {
      holds(jsonFault(compact) === undefined, 'what was compacted is valid');
      holds(compactJson(compact).equals(compact), 'compacting twice changes nothing');
    }
    if (!isUtf8(bytes) || bytes.length > 8000) return;
    const parsed = parsedBy(bytes);
    holds((parsed === undefined) === (fault !== undefined), 'V8 and the scanner agree on what is valid');
    if (parsed === undefined || compact === undefined) return;
    holds(isDeepStrictEqual(parsedBy(compact), parsed), 'the value is the same without white space');
    const { start, end } = rangeOf(bytes);
    holds(isDeepStrictEqual(parsedBy(bytes.subarray(start, end)), parsed), 'the range of the document is its value');
  },
};

function rangeOf(bytes: Buffer): { start: number; end: number } {
  const ranges = new JsonRanges(bytes);
  const whole = ranges.document();
  const [start, end] = whole;
  if (bytes[start] === 0x7b) ranges.members(whole);
  if (bytes[start] === 0x5b) ranges.elements(whole);
  return { start, end };
}

const digest = `sha256:${'ab'.repeat(32)}`;
const manifest = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest, size: 2, data: 'e30=' },
  layers: [{ mediaType: mediaTypes.ociLayerGzip, digest, size: 3, annotations: { a: 'b' } }],
  subject: { mediaType: mediaTypes.ociIndex, digest, size: 4 },
};
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    {
      mediaType: mediaTypes.ociManifest,
      digest,
      size: 5,
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    },
  ],
};

/** Documents are decoded as Go decodes them: never with another error than the table's. */
const documents: Target = {
  name: 'json-documents',
  words,
  seeds: [
    manifest,
    index,
    { os: 'linux', architecture: 'amd64', 'os.features': ['x'] },
    { rootfs: { diff_ids: [digest] } },
  ].map((value) => JSON.stringify(value)),
  run(bytes) {
    for (const type of [indexType, manifestType, imageConfigType]) ifTaken(() => decodeJson<unknown>(bytes, type));
    for (const mediaType of [mediaTypes.ociIndex, mediaTypes.ociManifest, mediaTypes.dockerManifest])
      ifTaken(() => childrenOf(bytes, { mediaType, digest, size: bytes.length }));
    ifTaken(() => decodePlatform(bytes.toString()));
    const any = ifTaken(() => decodeJson(bytes, goAny));
    if (any !== undefined) holds(jsonFault(bytes) === undefined, 'what is decoded is valid');
  },
};

export const jsonTargets: readonly Target[] = [scan, documents];
