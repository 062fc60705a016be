import { join } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { decodeJson, goInt, goRaw, goString, map, slice, struct } from '../support/go/json.js';
import type { Descriptor } from './descriptor.js';
import { isDigest } from './digest.js';
import { type Files, isMissing } from './files.js';
import type { Mark } from './journal.js';
import { descriptorType } from './manifest.js';
import { type PlainIndex, plainDescriptor, plainIndex, plainTexts } from './plain-index.js';
import { formatReference, parseDockerReference } from './reference.js';
import type { ImageRecord } from './store.js';

/** Annotation with an image's full name, as containerd writes it. */
export const imageNameAnnotation = 'io.containerd.image.name';
/** Annotation with an image's tag (image-spec, annotations.md). */
export const refNameKey = 'org.opencontainers.image.ref.name';

/** The project's own annotations on entries of index.json. */
export const own = {
  created: 'attestd.image.created',
  updated: 'attestd.image.updated',
  /** Name annotations of the target where they are not those of the image, as JSON. */
  names: 'attestd.image.target-names',
} as const;

/** Annotation of index.json: how far it holds the journal of changes, as number of a file and bytes of it. */
export const markKey = 'attestd.journal';

/** The name of an image that has none: moby's own form, so that the API can tell it. */
export const danglingName = (digest: string): string => `moby-dangling@${digest}`;

/** Whether an image has no name. */
export const isDangling = (image: { name: string; target: Descriptor }): boolean =>
  image.name === danglingName(image.target.digest);

/** What the index.json of an image layout says. */
export interface IndexFile {
  readonly records: Map<string, ImageRecord>;
  /** Descriptors without a name that other tools, or an import, put there: children and referrers of images. */
  readonly attached: Map<string, Descriptor>;
  /** Entries that cannot be understood; they are written back as they were. */
  readonly foreign: readonly Buffer[];
  /** Annotations of the index itself, but for the mark. */
  readonly annotations?: Record<string, string> | undefined;
  /** How far it holds the journal; nothing of it where others wrote no mark. */
  readonly mark: Mark;
  /** What other tools know the images by, by image name; what was written once stays. */
  readonly refNames: Map<string, string>;
  /** When the file was last written. */
  readonly written: Date;
}

/** An index.json as a document. */
export interface Document {
  schemaVersion: number;
  mediaType?: string;
  manifests?: (Buffer | undefined)[] | undefined;
  annotations?: Record<string, string> | undefined;
}

export const documentType = struct<Document>('v1.Index', {
  schemaVersion: goInt,
  'mediaType?': goString,
  manifests: slice(goRaw),
  'annotations?': map(goString),
});

const namesType = map(goString);

/**
 * Read the index.json of a layout; a layout without one has no images.
 *
 * @param folder the layout
 * @throws AttestdError CORRUPT when it is no JSON of the right shape
 */
export async function readIndexFile(folder: string, files: Files): Promise<IndexFile> {
  const path = join(folder, 'index.json');
  const records = new Map<string, ImageRecord>();
  const attached = new Map<string, Descriptor>();
  const foreign: Buffer[] = [];
  const refNames = new Map<string, string>();
  let bytes: Buffer;
  let written: Date;
  try {
    [bytes, { mtime: written }] = await Promise.all([files.readFile(path), files.stat(path)]);
  } catch (error) {
    if (isMissing(error)) return { records, attached, foreign, refNames, mark: noMark, written: new Date() };
    throw error;
  }
  const made = (target: Descriptor): Entry => {
    const record = toRecord(target, written);
    return record === undefined ? { target } : { record, refName: target.annotations?.[refNameKey] };
  };
  const { entries, annotations: all = {} } = plainIndex(bytes, made) ?? readEntries(bytes, path, foreign, made);
  for (const { record, refName, target } of entries) {
    if (target !== undefined) attached.set(target.digest, target);
    if (record === undefined) continue;
    records.set(record.name, record);
    if (refName !== undefined) refNames.set(record.name, refName === record.name ? record.name : refName);
  }
  const { [markKey]: mark, ...annotations } = all;
  return {
    records,
    attached,
    foreign,
    refNames,
    written,
    mark: markIn(mark),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

/** What an entry says: an image, and what other tools know it by, or a descriptor without a name. */
interface Entry {
  readonly record?: ImageRecord;
  readonly refName?: string | undefined;
  readonly target?: Descriptor;
}

/** The mark of an index that holds nothing of a journal. */
export const noMark: Mark = { file: 0, bytes: 0 };

function markIn(text: string | undefined): Mark {
  const [, file, bytes] = /^(\d{1,15}) (\d{1,15})$/.exec(text ?? '') ?? [];
  return file === undefined ? noMark : { file: Number(file), bytes: Number(bytes) };
}

/** The entries of an index.json by Go's rules. @param foreign gets those that cannot be understood */
function readEntries(
  bytes: Buffer,
  path: string,
  foreign: Buffer[],
  made: (target: Descriptor) => Entry,
): PlainIndex<Entry> {
  let document: Document;
  try {
    document = decodeJson(bytes, documentType);
  } catch (error) {
    throw new AttestdError('CORRUPT', `${path}: ${(error as Error).message}`, { cause: error });
  }
  const entries: Entry[] = [];
  for (const entry of document.manifests ?? []) {
    const target = entry === undefined ? undefined : decodeEntry(entry);
    if (target === undefined) foreign.push(entry ?? Buffer.from('null'));
    else entries.push(made(target));
  }
  return { entries, ...(document.annotations && { annotations: document.annotations }) };
}

function decodeEntry(entry: Buffer): Descriptor | undefined {
  const plain = plainDescriptor(entry);
  if (plain !== undefined) return plain;
  try {
    const target = decodeJson(entry, descriptorType);
    return isDigest(target.digest) ? target : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What an image store keeps of a descriptor: neither platform nor inline data, URLs or artifact type. containerd does so
 * (the recorded Descriptor of an image has no platform, whatever the archive says), and clients see it.
 */
export function imageTarget({ mediaType, digest, size, annotations }: Descriptor): Descriptor {
  const named = annotations !== undefined && Object.keys(annotations).length > 0;
  return { mediaType, digest, size, ...(named && { annotations }) };
}

/** The image that an entry names; undefined for an entry that this project did not write and that has no name. */
function toRecord(entry: Descriptor, written: Date): ImageRecord | undefined {
  const { [own.created]: created, [own.updated]: updated, [own.names]: names, ...kept } = entry.annotations ?? {};
  if (updated === undefined) {
    const name = foreignName(kept);
    return name === undefined
      ? undefined
      : { name, target: imageTarget(entry), createdAt: written, updatedAt: written };
  }
  const { [imageNameAnnotation]: full, [refNameKey]: _, ...others } = kept;
  const name = full || danglingName(entry.digest);
  const targetNames = names === undefined ? undefined : namesIn(names);
  // The same text twice would be kept twice.
  if (targetNames?.[imageNameAnnotation] === name) targetNames[imageNameAnnotation] = name;
  const target = imageTarget({
    ...entry,
    annotations: targetNames === undefined ? kept : { ...others, ...targetNames },
  });
  const updatedAt = dateIn(updated) ?? written;
  const createdAt = dateIn(created ?? updated) ?? updatedAt;
  return { name, target, createdAt, updatedAt };
}

/** The annotations that an entry holds as JSON; undefined for what this project did not write so. */
function namesIn(text: string): Record<string, string> | undefined {
  const plain = plainTexts(text);
  if (plain !== undefined) return plain;
  try {
    return decodeJson(Buffer.from(text), namesType);
  } catch {
    return undefined;
  }
}

/** The last date that was read: what was found or loaded at once has the same. */
let last: { readonly text: string; readonly date: Date | undefined } = { text: '', date: undefined };

/** Undefined for what is no date, or none that clients could read. */
function dateIn(text: string): Date | undefined {
  if (last.text === text) return last.date;
  const date = new Date(text);
  const usable = date.getTime() >= 0 && date.getUTCFullYear() <= 9999;
  last = { text, date: usable ? date : undefined };
  return last.date;
}

/** The name that another tool gave: containerd's in full, or the tag or name of the image-spec. */
export function foreignName(annotations: Record<string, string>): string | undefined {
  const { [imageNameAnnotation]: full, [refNameKey]: short } = annotations;
  if (full) return full;
  if (!short) return undefined;
  try {
    return formatReference(parseDockerReference(short));
  } catch {
    return short;
  }
}
