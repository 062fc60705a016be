import { encode } from '../../content/wire.js';
import { demand, same } from '../../expect.js';
import { types } from '../../images/recipe.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestedOf, observed, statementOf } from '../common.js';

const unknown = `sha256:${'0'.repeat(64)}`;

/** A statement of the `basic` image: its digest and bytes. */
export function blob(t: CheckContext): { readonly digest: string; readonly bytes: Buffer } {
  const attested = attestedOf(t.image('basic'));
  return { digest: attested.layers[0]?.digest ?? '', bytes: attested.attestations[0]?.bytes ?? Buffer.alloc(0) };
}

const refusedWrite = (id: string, title: string, method: string, request: (t: CheckContext) => Buffer) => ({
  id: `${id}-refused`,
  operationId: `containerd.services.content.v1.Content/${method}`,
  title,
  why: 'A client of the API must not change the store behind the daemon.',
  async check(t: CheckContext): Promise<void> {
    const client = await t.content();
    const { status } = await client.call(method, request(t));
    demand(status !== 'OK', `status of ${method}`, 'an error', status);
    same((await client.info(blob(t).digest)).status, 'OK', 'status of Info after it');
  },
});

/** The read-only content service. */
export const content: readonly Requirement[] = requirements(
  {
    operationId: 'containerd.services.content.v1.Content/Read',
    prefix: 'Content',
    features: ['content', 'images'],
    pointer: null,
    basis: observed('docs/reference/behavior/content-service.md#the-content-service', 'containerd'),
    images: ['basic'],
  },
  [
    {
      id: 'service',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'the content service answers gRPC on the address of the daemon',
      why: 'Every other call needs it.',
      images: [],
      async check(t) {
        await t.content();
      },
    },
    {
      id: 'info',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'Info gives digest and size of a blob',
      why: 'Clients size their buffers by it.',
      async check(t) {
        const { status, info } = await (await t.content()).info(blob(t).digest);
        same([status, info?.digest, info?.size], ['OK', blob(t).digest, blob(t).bytes.length], 'Info');
      },
    },
    {
      id: 'info-every-blob',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'every blob of a loaded image is in the store',
      why: 'Clients follow descriptors from the index down.',
      async check(t) {
        const client = await t.content();
        for (const [digest, bytes] of t.image('basic').blobs)
          same((await client.info(digest)).info?.size, bytes.length, `size of ${digest}`);
      },
    },
    {
      id: 'info-created',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'Info gives the time when the blob was stored',
      level: 'SHOULD',
      why: 'Garbage collectors go by it.',
      async check(t) {
        const created = (await (await t.content()).info(blob(t).digest)).info?.createdAt ?? 0;
        demand(created > 1_600_000_000, 'created_at', 'a time of this decade', created);
      },
    },
    {
      id: 'info-unknown',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'Info of an unknown digest is NOT_FOUND',
      why: 'Clients then fetch the blob elsewhere.',
      async check(t) {
        same((await (await t.content()).info(unknown)).status, 'NOT_FOUND', 'status');
      },
    },
    {
      id: 'info-malformed',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'Info of something that is not a digest is INVALID_ARGUMENT',
      why: 'Fetching it elsewhere would not help.',
      async check(t) {
        for (const digest of ['', 'bad', 'sha256:abc'])
          same((await (await t.content()).info(digest)).status, 'INVALID_ARGUMENT', `status for '${digest}'`);
      },
    },
    {
      id: 'info-namespace',
      operationId: 'containerd.services.content.v1.Content/Info',
      title: 'the namespace in the metadata does not matter',
      level: 'SHOULD',
      why: 'containerd clients always send one.',
      async check(t) {
        same(
          (await (await t.content()).info(blob(t).digest, { 'containerd-namespace': 'other' })).status,
          'OK',
          'status',
        );
      },
    },
    {
      id: 'read',
      title: 'Read gives the bytes of a blob',
      why: 'They hash to the digest, so nothing need be trusted.',
      async check(t) {
        const { status, data } = await (await t.content()).read(blob(t).digest);
        same(status, 'OK', 'status');
        demand(data.equals(blob(t).bytes), 'bytes', blob(t).bytes.toString('utf8'), data.toString('utf8'));
      },
    },
    {
      id: 'read-every-blob',
      title: 'Read gives the bytes of every blob of an image',
      why: 'Index, manifests, configs, layers and statements are all evidence.',
      async check(t) {
        const client = await t.content();
        for (const [digest, bytes] of t.image('basic').blobs)
          demand((await client.read(digest)).data.equals(bytes), digest, 'the bytes that were loaded', 'others');
      },
    },
    {
      id: 'read-verbatim',
      title: 'statements come with their whitespace',
      images: ['basic', 'verbatim'],
      why: 'Signatures cover the stored bytes, which the endpoint compacts.',
      async check(t) {
        const attested = attestedOf(t.image('verbatim'));
        for (const [i, { digest }] of attested.layers.entries()) {
          const { data } = await (await t.content()).read(digest);
          demand(
            data.equals(attested.attestations[i]?.bytes ?? Buffer.alloc(0)),
            digest,
            'the stored bytes',
            data.toString('utf8'),
          );
        }
      },
    },
    {
      id: 'read-big',
      title: 'a blob of three mebibytes comes complete, in messages of at most four',
      images: ['basic', 'big'],
      why: 'gRPC clients refuse larger messages by default.',
      async check(t) {
        const [{ digest }, bytes] = statementOf(attestedOf(t.image('big')), types.spdx);
        const { data, parts } = await (await t.content()).read(digest);
        demand(data.equals(bytes), 'bytes', 'the stored bytes', `${data.length} bytes`);
        const largest = Math.max(...parts.map((part) => part.data.length));
        demand(largest < 4 << 20, 'largest message', 'less than 4 MiB', largest);
      },
    },
    {
      id: 'read-sizes',
      title: 'Read gives statements of every size byte for byte',
      images: ['basic', 'sizes', 'odd-sizes'],
      why: 'Clients hash what they read.',
      async check(t) {
        for (const name of ['sizes', 'odd-sizes'] as const) {
          const attested = attestedOf(t.image(name));
          for (const [i, { digest }] of attested.layers.entries()) {
            const { data } = await (await t.content()).read(digest);
            const bytes = attested.attestations[i]?.bytes ?? Buffer.alloc(0);
            demand(data.equals(bytes), digest, `the ${bytes.length} stored bytes`, `${data.length} bytes`);
          }
        }
      },
    },
    {
      id: 'read-offset',
      title: 'Read starts at the offset',
      why: 'Broken downloads are resumed.',
      async check(t) {
        const { data } = await (await t.content()).read(blob(t).digest, { offset: 10 });
        same(data.toString('latin1'), blob(t).bytes.subarray(10).toString('latin1'), 'bytes');
      },
    },
    {
      id: 'read-size',
      title: 'Read stops after the size',
      why: 'Clients read headers only.',
      async check(t) {
        const { data } = await (await t.content()).read(blob(t).digest, { offset: 3, size: 7 });
        same(data.toString('latin1'), blob(t).bytes.subarray(3, 10).toString('latin1'), 'bytes');
      },
    },
    {
      id: 'read-to-end',
      title: 'a size beyond the end reads to the end',
      why: 'Clients read in pieces.',
      async check(t) {
        const { status, data } = await (await t.content()).read(blob(t).digest, { size: 1 << 20 });
        same([status, data.length], ['OK', blob(t).bytes.length], 'status and length');
      },
    },
    {
      id: 'read-at-end',
      title: 'an offset at the end gives nothing',
      why: 'A resumed download may be complete.',
      async check(t) {
        const { status, data } = await (await t.content()).read(blob(t).digest, { offset: blob(t).bytes.length });
        same([status, data.length], ['OK', 0], 'status and length');
      },
    },
    {
      id: 'read-beyond-end',
      title: 'an offset beyond the end is OUT_OF_RANGE',
      why: 'The client has another blob in mind.',
      async check(t) {
        const { status } = await (await t.content()).read(blob(t).digest, { offset: blob(t).bytes.length + 1 });
        same(status, 'OUT_OF_RANGE', 'status');
      },
    },
    {
      id: 'read-unknown',
      title: 'Read of an unknown digest is NOT_FOUND',
      why: 'Clients then fetch the blob elsewhere.',
      async check(t) {
        same((await (await t.content()).read(unknown)).status, 'NOT_FOUND', 'status');
      },
    },
    {
      id: 'read-malformed',
      title: 'Read of something that is not a digest is INVALID_ARGUMENT',
      why: 'Fetching it elsewhere would not help.',
      async check(t) {
        same((await (await t.content()).read('bad')).status, 'INVALID_ARGUMENT', 'status');
      },
    },
    refusedWrite('delete', 'Delete of a blob is refused', 'Delete', (t) => encode([[1, blob(t).digest]])),
    refusedWrite('abort', 'Abort is refused', 'Abort', () => encode([[1, 'attestd-no-such-ref']])),
    refusedWrite('write', 'Write is refused', 'Write', () =>
      encode([
        [1, 2],
        [2, 'attestd-no-such-ref'],
        [6, Buffer.from('x')],
      ]),
    ),
    {
      id: 'unknown-method',
      title: 'a method that the service does not have is UNIMPLEMENTED',
      level: 'SHOULD',
      why: 'Newer clients step back.',
      async check(t) {
        same((await (await t.content()).call('Unheard', Buffer.alloc(0))).status, 'UNIMPLEMENTED', 'status');
      },
    },
    {
      id: 'update-without-info',
      operationId: 'containerd.services.content.v1.Content/Update',
      hazardous: true,
      title: 'an Update without info is refused and leaves the daemon alive',
      why: 'One message of a client must not take the daemon down.',
      async check(t) {
        const { status } = await (await t.content()).call('Update', Buffer.alloc(0));
        demand(status !== 'OK', 'status of Update', 'an error', status);
        (await t.api.get('/_ping', { version: null })).status(200);
      },
    },
  ],
);
