import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange } from './recording.js';
import { replay, type Target } from './replay.js';

/** What was done to a blob, by the middle of the fixture's name. */
const mutations: Readonly<Record<string, (path: string) => Promise<void>>> = {
  corrupt: async (path) => {
    const text = await readFile(path, 'latin1');
    const changed = text.includes('Statement/v0.1')
      ? text.replace('Statement/v0.1', 'Statement/v6.6').replace('probe0001', 'probe6666')
      : `${text.slice(0, -1)} `;
    await writeFile(path, changed, 'latin1');
  },
  truncate: async (path) => {
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
  },
  delete: unlink,
};

const done = new Set<string>();

/** Do to the store what the note says was done to the daemon's disk before the exchange. */
async function mutate({ fixture, note }: Exchange, _at: number, target: Target): Promise<void> {
  const hex = /mutated sha256:([0-9a-f]{64}) on disk/.exec(note ?? '')?.[1];
  if (hex === undefined || done.has(hex)) return;
  done.add(hex);
  await mutations[fixture?.split('-')[1] ?? '']?.(join(target.store, 'blobs', 'sha256', hex));
}

describe('the recording of blobs that change on disk', () => {
  replay({
    recording: 'topics/disk-mutations',
    before: mutate,
    accounts: [
      {
        at: [5, 6, 20],
        reason:
          "of a blob that it knows, dockerd takes the children from its database; a layout has the blob's text only",
      },
      {
        at: [10, 22, 34],
        reason: 'dockerd takes a blob that it has without a look at its bytes; here loading it again mends it',
      },
      {
        at: [37, 38, 39, 40, 41, 42, 43, 44, 49, 50, 51, 52, 53, 54, 55, 56, 62, 65, 66],
        reason: 'dockerd still knows a blob whose file is gone; in a layout there is no such blob',
      },
      { at: [68], reason: 'the archive of dockerd breaks off at the file that is gone' },
      { at: [74, 82], reason: "dockerd remembers a blob's size; a layout has the size of its file" },
    ],
    group: ({ fixture, request }) => `${fixture}: ${request.method} ${request.path.split('?')[0]}`,
  });
});
