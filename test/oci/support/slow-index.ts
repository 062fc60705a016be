import { noMark as mark } from '../../../src/oci/index-file.js';
import { LayoutStore } from '../../../src/oci/layout-store.js';
import type { PinnableStore } from '../../../src/oci/local-content-store.js';

/** A store whose index is put in its place when a test lets it. */
export interface SlowIndexStore {
  readonly store: LayoutStore;
  /** The names in the index that is in its place. */
  onDisk(): readonly string[];
  /** Is called when the store looks for what others wrote. */
  looked: () => void;
  /** Hold back what is written from now on. @returns lets it be put in its place */
  hold(): () => void;
}

/** Make an empty store over blobs. */
export function slowIndexStore(blobs: PinnableStore): SlowIndexStore {
  let onDisk: readonly string[] = [];
  let drafted = onDisk;
  let disk: Promise<void> = Promise.resolve();
  const store = new LayoutStore(
    blobs,
    {
      index: { records: new Map(), attached: new Map(), foreign: [], refNames: new Map(), mark, written: new Date() },
    },
    {
      record: async () => undefined,
      index: {
        changed: async () => {
          made.looked();
          return undefined;
        },
        mark: () => mark,
        draft: async ({ records }) => {
          drafted = [...records.keys()];
          return '';
        },
        place: async () => {
          await disk;
          onDisk = drafted;
          return undefined;
        },
        discard: async () => undefined,
      },
      close: async () => undefined,
    },
  );
  const made: SlowIndexStore = {
    store,
    onDisk: () => onDisk,
    looked: () => undefined,
    hold: () => {
      let write: () => void = () => undefined;
      disk = new Promise((resolve) => {
        write = resolve;
      });
      return write;
    },
  };
  return made;
}
