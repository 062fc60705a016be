import { readdirSync } from 'node:fs';
import { loadErrorBodies } from './bodies.js';
import { replay, type Target } from './replay.js';

/** Everything that the recordings' daemon held and that is kept or could be built again with the recorded digest. */
function everyImage(): string[] {
  return readdirSync(new URL('../../golden/images/', import.meta.url))
    .map((name) => name.replace(/\.tar$/, ''))
    .filter((name) => !name.startsWith('dk-') && name !== 'att-comma-type')
    .sort();
}

async function tag(target: Target, image: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    const [, repo, label] = /^(.*):([^:]*)$/.exec(name) ?? [];
    await target.send('POST', `/images/${image}/tag?repo=${repo}&tag=${label}`);
  }
}

const namesTags = ['localhost:5000/team/app:2.0', 'example.test/a/b/c:latest', 'json:latest', 'x/attestations:latest'];

describe('the recordings made topic by topic', () => {
  replay({
    recording: 'topics/attestations-params',
    images: ['att-basic', 'att-multi', 'plain-manifest', 'att-comma-type', 'att-empty-predicate'],
  });
  replay({ recording: 'topics/inspect', images: ['att-multi'] });
  replay({ recording: 'topics/methods', images: ['att-basic'] });
  replay({ recording: 'topics/paths', images: ['att-basic'] });
  replay({ recording: 'topics/versions', images: ['att-basic'] });
  replay({
    recording: 'topics/names',
    images: ['att-basic', 'two-names', 'dangling', 'registry-port'],
    group: ({ note, request }) => note ?? request.path,
  });
  replay({
    recording: 'topics/images-json',
    images: everyImage(),
    setup: (target) => tag(target, 'att-basic', ...namesTags),
    heldOnly: true,
    group: ({ request }) => decodeURIComponent(request.path),
    accounts: [
      { at: [3, 5, 8], reason: 'of a list this long only a hash was recorded, over images that were not kept' },
    ],
  });
  replay({
    recording: 'topics/images-json-versions',
    images: ['att-basic', 'att-multi', 'dangling', 'bad-name', 'att-in-index-json'],
    setup: (target) => tag(target, 'att-basic', ...namesTags),
    group: ({ request }) => request.path.split('/')[1] as string,
  });
  replay({
    recording: 'topics/tag',
    images: [
      'att-basic',
      'att-none',
      'att-arm-only',
      'plain-manifest-arm',
      'att-missing-config',
      'empty-index',
      'dangling',
      'bad-name',
      'att-in-index-json',
    ],
    setup: (target) => tag(target, 'att-basic', ...namesTags),
    group: ({ request }) => `${request.method} ${decodeURIComponent(request.path)}`.slice(0, 100),
  });
  replay({
    recording: 'topics/delete',
    images: [
      'att-basic',
      'att-none',
      'plain-manifest',
      'plain-manifest-arm',
      'empty-index',
      'att-missing-index',
      'att-missing-config',
      'dangling',
    ],
    setup: async (target) => {
      await tag(target, 'att-basic', ...namesTags, 'tagged:four', 'tagged:latest', 'tagged:three');
      await tag(target, 'att-none', 'tagged:one');
      await tag(target, 'plain-manifest-arm', 'tagged:parm');
    },
    group: ({ request }, at) => `#${at} ${request.method} ${decodeURIComponent(request.path)}`,
    elsewhere: [{ at: [38, 39], reason: 'the archive of att-big, of 20 MiB, was not kept' }],
  });
  replay({
    recording: 'topics/prune',
    images: ['dangling', 'bad-name', 'att-none', 'att-in-index-json'],
    accounts: [{ at: [6], reason: 'how att-missing-image-manifest came to dangle was not recorded' }],
    group: ({ request }) => `${request.method} ${decodeURIComponent(request.path)}`,
  });
  replay({
    recording: 'topics/system',
    images: everyImage(),
    setup: (target) => tag(target, 'att-basic', ...namesTags),
    heldOnly: true,
    accounts: [{ at: [17], reason: 'the server has no networks: they are answered from the description' }],
    group: ({ request }) => `${request.method} ${request.path}`,
  });
});

describe('the recording of broken archives', () => {
  let bodies: ReadonlyMap<string, Buffer>;
  before(async () => {
    bodies = await loadErrorBodies();
  });
  replay({
    recording: 'topics/load-errors',
    body: ({ note }) => bodies.get(note ?? ''),
    group: ({ note }) => note ?? '',
  });
});
