import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { yieldToRequests } from '../support/foundation/scheduler.js';
import { encodeJson, goRaw } from '../support/go/json.js';
import type { Descriptor } from './descriptor.js';
import { type Files, writeDraft } from './files.js';
import {
  documentType,
  foreignName,
  type IndexFile,
  imageNameAnnotation,
  isDangling,
  markKey,
  own,
  refNameKey,
} from './index-file.js';
import type { Mark } from './journal.js';
import { descriptorType } from './manifest.js';
import { mediaTypes } from './media-types.js';
import type { Names } from './name-table.js';
import { refNameAnnotation } from './reference.js';
import type { ImageRecord } from './store.js';

/** Characters that are written at a time. */
const pieceSize = 256 << 10;

/** What an index.json is made of. */
export type IndexContent = Names & Pick<IndexFile, 'foreign' | 'annotations' | 'refNames'>;

/**
 * Write what index.json is to be; it survives a power cut. Others have their turn meanwhile.
 *
 * @param content what it is to say; does not change meanwhile
 * @param mark how far it holds the journal
 * @param temporary folder for the draft
 * @returns the draft's path
 */
export async function draftIndex(content: IndexContent, mark: Mark, temporary: string, files: Files): Promise<string> {
  const path = join(temporary, randomBytes(12).toString('hex'));
  await nameForOthers(content);
  await writeDraft(path, pieces(content, mark), files);
  return path;
}

async function* pieces(content: IndexContent, mark: Mark): AsyncGenerator<Buffer> {
  const annotations = { ...content.annotations, ...(mark.file > 0 && { [markKey]: `${mark.file} ${mark.bytes}` }) };
  const some = Object.keys(annotations).length > 0;
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], ...(some && { annotations }) };
  const json = encodeJson(document, documentType);
  const list = '"manifests":[';
  const inside = json.indexOf(list) + list.length;
  let text = json.slice(0, inside);
  let separator = '';
  for (const entry of entries(content)) {
    text += separator + entry;
    separator = ',';
    if (text.length >= pieceSize) {
      yield Buffer.from(text);
      text = '';
    }
    await yieldToRequests();
  }
  yield Buffer.from(text + json.slice(inside));
}

function* entries({ records, attached, foreign, refNames }: IndexContent): Generator<string> {
  for (const record of records.values()) yield encodeJson(toEntry(record, refNames.get(record.name)), descriptorType);
  for (const target of attached.values()) yield encodeJson(target, descriptorType);
  for (const entry of foreign) yield encodeJson(entry, goRaw);
}

/**
 * Choose what images are called as `org.opencontainers.image.ref.name`, each otherwise, for tools select by it: what it was
 * called before, what its image brought along, its tag, or else its full name.
 */
async function nameForOthers({ records, refNames }: IndexContent): Promise<void> {
  const taken = new Set<string>();
  for (const [name, refName] of refNames) {
    const record = records.get(name);
    if (record === undefined || isDangling(record) || taken.has(refName)) refNames.delete(name);
    else taken.add(refName);
    await yieldToRequests();
  }
  for (const record of records.values()) {
    const { name, target } = record;
    if (isDangling(record) || refNames.has(name)) continue;
    const { annotations = {} } = target;
    const brought = foreignName(annotations) === name ? annotations[refNameKey] : undefined;
    const free = [brought, refNameAnnotation(name)].find((one) => one !== undefined && !taken.has(one)) ?? name;
    refNames.set(name, free);
    taken.add(free);
    await yieldToRequests();
  }
}

/** The entry of an image. */
function toEntry(record: ImageRecord, refName: string | undefined): Descriptor {
  const { [imageNameAnnotation]: full, [refNameKey]: short, ...annotations } = record.target.annotations ?? {};
  const present = {
    ...(full !== undefined && { [imageNameAnnotation]: full }),
    ...(short !== undefined && { [refNameKey]: short }),
  };
  const names: Record<string, string> =
    refName === undefined ? {} : { [imageNameAnnotation]: record.name, [refNameKey]: refName };
  const same = full === names[imageNameAnnotation] && short === names[refNameKey];
  return {
    ...record.target,
    annotations: {
      ...annotations,
      ...names,
      [own.created]: record.createdAt.toISOString(),
      [own.updated]: record.updatedAt.toISOString(),
      ...(!same && { [own.names]: JSON.stringify(present) }),
    },
  };
}
