import { isUtf8 } from 'node:buffer';
import type { Descriptor } from './descriptor.js';
import { isIndexType, isManifestType } from './media-types.js';
import { isObject, isTexts } from './plain-index.js';

/** What is known of a child without Go's rules. */
export type PlainChild = Pick<Descriptor, 'mediaType' | 'digest'>;

/** Members of documents, descriptors and platforms whose values are looked at; another may be one of them to Go. */
const members = {
  document: new Set(['schemaVersion', 'mediaType', 'artifactType', 'annotations']),
  descriptor: new Set(['mediaType', 'digest', 'size', 'annotations', 'platform', 'artifactType']),
  platform: new Set(['architecture', 'os', 'variant', 'os.version']),
} as const;

/**
 * What a manifest or index of the usual form refers to, of which JavaScript's parser says the same as Go's in a fraction of the
 * time: written again it must be the same text, so that no member is there twice, and no number or text in two ways.
 *
 * @param document the bytes behind the descriptor
 * @returns undefined where the two might differ, and for all that is not as its media type says
 */
export function plainChildren(document: Buffer, { mediaType }: PlainChild): readonly PlainChild[] | undefined {
  if (!isUtf8(document)) return undefined;
  const text = document.toString();
  // Halves of pairs differ.
  if (text.includes('\\u')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
    // As it is, or as BuildKit indents it. What is nested deeply can be read, and not be written.
    if (text !== JSON.stringify(value, undefined, text[1] === '\n' ? 2 : undefined)) return undefined;
  } catch {
    return undefined;
  }
  if (!isObject(value) || !Number.isSafeInteger(value.schemaVersion)) return undefined;
  const { config, layers, manifests, ...head } = value;
  if (!isPlain(head, members.document)) return undefined;
  const said = (head.mediaType ?? '') as string;
  if (isIndexType(mediaType)) {
    if (config !== undefined || layers !== undefined || isManifestType(said)) return undefined;
    return childrenAmong(manifests);
  }
  if (!isManifestType(mediaType) || manifests !== undefined || isIndexType(said)) return undefined;
  const below = childrenAmong(layers);
  return below && childrenAmong([config])?.concat(below);
}

function childrenAmong(all: unknown): PlainChild[] | undefined {
  if (!Array.isArray(all)) return undefined;
  const found: PlainChild[] = [];
  for (const one of all as unknown[]) {
    if (!isObject(one) || !isPlain(one, members.descriptor)) return undefined;
    const { mediaType, digest, size, platform } = one;
    if (typeof mediaType !== 'string' || typeof digest !== 'string' || !Number.isSafeInteger(size)) return undefined;
    if (platform !== undefined && !(isObject(platform) && isPlain(platform, members.platform))) return undefined;
    found.push({ mediaType, digest });
  }
  return found;
}

/** Whether an object has no other members than these, each of its kind: a number, texts by names, or a text. */
function isPlain(value: Record<string, unknown>, known: ReadonlySet<string>): boolean {
  for (const name in value) {
    if (!known.has(name)) return false;
    const member = value[name];
    if (name === 'platform' || name === 'size' || name === 'schemaVersion') continue;
    if (name === 'annotations' ? !isTexts(member) : typeof member !== 'string') return false;
  }
  return true;
}
