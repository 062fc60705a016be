import { formatReference, parseReference, tagNameOnly } from '../../src/oci/reference.js';
import { tarOf } from '../../src/oci/tar-write.js';
import { image } from '../../src/testing/image.js';

/** An image to load. */
export interface SoakImage {
  /** As people write it. */
  readonly name: string;
  /** In full, as the store has it. */
  readonly full: string;
  readonly digest: string;
  readonly archive: Buffer;
}

/** The full form of a name. */
export const fullName = (name: string): string => formatReference(tagNameOnly(parseReference(name)));

/** Images of a few names, each in two versions; all share a layer, and versions of one name share another. */
export function soakImages(names: readonly string[]): readonly SoakImage[] {
  return names.flatMap((name) =>
    ['one', 'two'].map((version) => {
      const built = image(name)
        .platform('linux/amd64')
        .layer({ '/shared': 'x'.repeat(20_000) })
        .layer({ '/name': name })
        .layer({ '/version': `${name} ${version}`.repeat(500) })
        .provenance();
      return { name, full: fullName(name), digest: built.digest, archive: built.toArchive() };
    }),
  );
}

/** An archive of files that no other has, to be imported. */
export const filesArchive = (text: string): Buffer => archiveOf('file', text);

/** An archive of one file. */
export function archiveOf(name: string, text: string): Buffer {
  const bytes = Buffer.from(text);
  return tarOf([{ name, mode: 0o644, size: bytes.length, bytes }]);
}

const fileSize = 200_000;

/** An archive of a file that says in its beginning and at its end what it is, in several pieces. */
export const fileArchive = (value: string): Buffer => archiveOf('value', `<${value}>`.padEnd(fileSize, '-') + value);

/** What such a file is, of an archive of it; `torn` where it is not whole. */
export function fileIn(archive: string): string {
  const [, value = ''] = /<(value \d+)>-+\1\0/.exec(archive) ?? [];
  return value === '' || archive.length < fileSize ? 'torn' : value;
}
