import { encode } from '../../content/wire.js';
import { demand, same } from '../../expect.js';
import { types } from '../../images/recipe.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestedOf, observed, statementOf } from '../common.js';
import { blob } from './content.js';

/** The big statement: its digest and bytes. */
function large(t: CheckContext): { readonly digest: string; readonly bytes: Buffer } {
  const [{ digest }, bytes] = statementOf(attestedOf(t.image('big')), types.spdx);
  return { digest, bytes };
}

/** Ranges of blobs, several digests in one call, and missing blobs. */
export const contentRanges: readonly Requirement[] = requirements(
  {
    operationId: 'containerd.services.content.v1.Content/Read',
    prefix: 'Content',
    features: ['content', 'images'],
    pointer: null,
    basis: observed('docs/reference/behavior/content-service.md#read-info-and-list', 'containerd'),
    images: ['basic'],
  },
  [
    {
      id: 'read-pieces',
      title: 'a blob that is read in pieces is the blob',
      images: ['basic', 'big'],
      why: 'Clients with little memory read so.',
      async check(t) {
        const client = await t.content();
        const { digest, bytes } = large(t);
        const size = 1_000_003;
        const pieces: Buffer[] = [];
        for (let offset = 0; offset < bytes.length; offset += size)
          pieces.push((await client.read(digest, { offset, size })).data);
        demand(Buffer.concat(pieces).equals(bytes), 'pieces together', 'the stored bytes', `${pieces.length} pieces`);
      },
    },
    {
      id: 'read-middle',
      title: 'a part from the middle of a large blob is that part',
      images: ['basic', 'big'],
      why: 'Indexes of archives are read so.',
      async check(t) {
        const { digest, bytes } = large(t);
        const [offset, size] = [(1 << 20) - 3, (1 << 20) + 7];
        const { data } = await (await t.content()).read(digest, { offset, size });
        demand(
          data.equals(bytes.subarray(offset, offset + size)),
          'bytes',
          'those of the range',
          `${data.length} bytes`,
        );
      },
    },
    {
      id: 'read-last-byte',
      title: 'the last byte can be read alone',
      why: 'Off by one, it would be lost.',
      async check(t) {
        const { digest, bytes } = blob(t);
        const { data } = await (await t.content()).read(digest, { offset: bytes.length - 1, size: 5 });
        same(data.toString('latin1'), bytes.subarray(-1).toString('latin1'), 'bytes');
      },
    },
    {
      id: 'read-size-zero',
      title: 'a size of 0 reads to the end',
      why: 'It is the default of the message.',
      async check(t) {
        const { digest, bytes } = blob(t);
        const { data } = await (await t.content()).read(digest, { offset: 4, size: 0 });
        same(data.length, bytes.length - 4, 'length');
      },
    },
    {
      id: 'read-at-once',
      title: 'reads at once give each its own bytes',
      images: ['basic', 'big'],
      why: 'One connection carries many streams.',
      async check(t) {
        const client = await t.content();
        const blobs = [...t.image('basic').blobs, [large(t).digest, large(t).bytes] as const];
        const found = await Promise.all(blobs.map(([digest]) => client.read(digest)));
        blobs.forEach(([digest, bytes], i) => {
          demand(found[i]?.data.equals(bytes) ?? false, digest, 'the stored bytes', `${found[i]?.data.length} bytes`);
        });
      },
    },
    {
      id: 'read-after-failure',
      title: 'a read after one that failed works on the same connection',
      why: 'A client does not connect again for a typing error.',
      async check(t) {
        const client = await t.content();
        same((await client.read(`sha256:${'0'.repeat(64)}`)).status, 'NOT_FOUND', 'status');
        same((await client.read(blob(t).digest)).status, 'OK', 'status');
      },
    },
    {
      id: 'read-every-platform',
      title: 'manifests of all platforms, and of their attestations, can be read',
      images: ['basic', 'multi'],
      why: 'Mirrors copy all of an index.',
      async check(t) {
        const client = await t.content();
        for (const { digest } of t.image('multi').manifests)
          demand(
            (await client.read(digest)).data.equals(t.image('multi').blobs.get(digest) ?? Buffer.alloc(0)),
            digest,
            'the bytes that were loaded',
            'others',
          );
      },
    },
    {
      id: 'info-upper-case',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'a digest in capitals is INVALID_ARGUMENT',
      why: 'It is no digest, and fetching it elsewhere would not help.',
      async check(t) {
        const { status } = await (await t.content()).info(blob(t).digest.toUpperCase().replace('SHA256', 'sha256'));
        same(status, 'INVALID_ARGUMENT', 'status');
      },
    },
    {
      id: 'info-many',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'Info of each layer of many has its own digest and size',
      images: ['basic', 'many'],
      why: 'A cache by the wrong key gives the neighbour.',
      async check(t) {
        const client = await t.content();
        const layers = attestedOf(t.image('many')).layers;
        const found = await Promise.all(layers.map(({ digest }) => client.info(digest)));
        same(
          found.map(({ info }) => [info?.digest, info?.size]),
          layers.map(({ digest, size }) => [digest, size]),
          'digests and sizes',
        );
      },
    },
    {
      id: 'list-nothing',
      operationId: 'containerd.services.content.v1.Content/List',
      title: 'a filter that nothing fits gives nothing',
      why: 'Clients then fetch the blob elsewhere.',
      async check(t) {
        const { status, blobs } = await (await t.content()).list([`digest==sha256:${'0'.repeat(64)}`]);
        same([status, blobs], ['OK', []], 'status and blobs');
      },
    },
    {
      id: 'list-once',
      operationId: 'containerd.services.content.v1.Content/List',
      title: 'List has each blob once',
      why: 'Mirrors would copy it twice.',
      async check(t) {
        const digests = (await (await t.content()).list()).blobs.map(({ digest }) => digest);
        for (const digest of t.image('basic').blobs.keys())
          same(digests.filter((other) => other === digest).length, 1, `entries of ${digest}`);
      },
    },
    {
      id: 'list-many',
      operationId: 'containerd.services.content.v1.Content/List',
      title: 'more blobs than one message holds are all listed',
      images: ['basic', 'many'],
      why: 'What is behind the first page would be forgotten.',
      async check(t) {
        const listed = new Set((await (await t.content()).list()).blobs.map(({ digest }) => digest));
        const missing = attestedOf(t.image('many')).layers.filter(({ digest }) => !listed.has(digest));
        same(missing.length, 0, 'layers that are not listed');
      },
    },
    {
      id: 'read-empty-digest',
      title: 'Read without a digest is INVALID_ARGUMENT',
      why: 'Fetching it elsewhere would not help.',
      async check(t) {
        same((await (await t.content()).read('')).status, 'INVALID_ARGUMENT', 'status');
      },
    },
    {
      id: 'update-refused',
      operationId: 'containerd.services.content.v1.Content/Update',
      title: 'Update of a label is refused',
      why: 'Labels keep content from being collected.',
      async check(t) {
        const client = await t.content();
        const info = encode([[1, blob(t).digest]]);
        const { status } = await client.call('Update', encode([[1, info]]));
        demand(status !== 'OK', 'status of Update', 'an error', status);
        same((await client.info(blob(t).digest)).status, 'OK', 'status of Info after it');
      },
    },
  ],
);
