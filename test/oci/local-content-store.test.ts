import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { digestOf } from '../../src/oci/digest.js';
import { LocalContentStore } from '../../src/oci/local-content-store.js';
import { digests, temporaryFolder } from './support/images.js';
import { rejected } from './support/rejected.js';

describe('a blob directory', () => {
  let folder: string;
  let store: LocalContentStore;

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = new LocalContentStore(join(folder, 'blobs'), { ingest: join(folder, 'ingest'), durable: true });
  });

  it('writes a blob under its digest', async () => {
    const written = await store.ingest(Buffer.from('hello'));
    expect(written).to.deep.equal({ digest: digestOf('hello'), size: 5 });
    const path = join(folder, 'blobs', 'sha256', digestOf('hello').slice(7));
    expect(await readFile(path, 'utf8')).to.equal('hello');
    expect(await readdir(join(folder, 'ingest'))).to.deep.equal([]);
  });

  it('hashes a stream as it writes it', async () => {
    const pieces = Array.from({ length: 100 }, (_, i) => Buffer.from(`piece ${i}`));
    const { digest, size } = await store.ingest(Readable.from(pieces));
    const whole = Buffer.concat(pieces);
    expect(digest).to.equal(digestOf(whole));
    expect(size).to.equal(whole.length);
    expect(await store.bytes(digest)).to.deep.equal(whole);
  });

  it('takes the hash that is asked for', async () => {
    const digest = digestOf('hello', 'sha512');
    expect(await store.ingest(Buffer.from('hello'), { digest })).to.deep.equal({ digest, size: 5 });
    expect(await digests(store)).to.deep.equal([digest]);
  });

  it('refuses and forgets what does not match its digest or size', async () => {
    const wrong = { digest: digestOf('other') };
    expect(await rejected(store.ingest(Buffer.from('hello'), wrong))).to.have.property('code', 'CORRUPT');
    expect(await rejected(store.ingest(Buffer.from('hello'), { size: 4 }))).to.have.property('code', 'CORRUPT');
    expect(await digests(store)).to.deep.equal([]);
    expect(await readdir(join(folder, 'ingest'))).to.deep.equal([]);
  });

  it('forgets a stream that breaks', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('connection lost');
      })(),
    );
    expect(await rejected(store.ingest(broken))).to.have.property('message', 'connection lost');
    expect(await readdir(join(folder, 'ingest'))).to.deep.equal([]);
  });

  it('keeps a blob that is already there', async () => {
    const { digest } = await store.ingest(Buffer.from('hello'));
    const before = await store.info(digest);
    await store.ingest(Buffer.from('hello'));
    expect(await store.info(digest)).to.deep.equal(before);
  });

  it('reads any part of a blob', async () => {
    const { digest } = await store.ingest(Buffer.from('0123456789'));
    const part = async (range?: { offset?: number; length?: number }): Promise<string> =>
      (await buffer(await store.stream(digest, range))).toString();
    expect(await part()).to.equal('0123456789');
    expect(await part({ offset: 3 })).to.equal('3456789');
    expect(await part({ offset: 3, length: 2 })).to.equal('34');
    expect(await part({ offset: 8, length: 100 })).to.equal('89');
    expect(await part({ offset: 10 })).to.equal('');
    expect(await part({ length: 0 })).to.equal('');
    expect(await rejected(store.stream(digest, { offset: 11 }))).to.have.property('code', 'OUT_OF_RANGE');
  });

  it('says which blob is not there', async () => {
    const digest = digestOf('nothing');
    expect(await store.info(digest)).to.equal(undefined);
    for (const promise of [store.bytes(digest), store.stream(digest), store.delete(digest)]) {
      const error = await rejected(promise);
      expect(error).to.have.property('code', 'NOT_FOUND');
      expect(error).to.have.property('message', `content digest ${digest}: not found`);
    }
  });

  it('takes nothing but digests, so no path leads out of it', async () => {
    for (const digest of ['bad', 'sha256:../../../etc/passwd', `../x:${'a'.repeat(64)}`])
      for (const promise of [store.info(digest), store.bytes(digest), store.stream(digest), store.delete(digest)])
        expect(await rejected(promise)).to.have.property('code', 'INVALID_DIGEST');
  });

  it('cannot be written without a folder for drafts', async () => {
    const readOnly = new LocalContentStore(join(folder, 'blobs'));
    expect(await rejected(readOnly.ingest(Buffer.from('x')))).to.have.property('code', 'READ_ONLY');
    expect(await rejected(readOnly.delete(digestOf('x')))).to.have.property('code', 'READ_ONLY');
  });

  it('has the digests of all blobs, and none of what else lies there', async () => {
    expect([...(await store.digests())], 'before there is a folder').to.deep.equal([]);
    const names: string[] = [];
    for (let i = 0; i < 4500; i++) names.push(digestOf(String(i)));
    await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
    await writeFile(join(folder, 'blobs/sha512'), 'no folder');
    for (const name of [...names.map((digest) => digest.slice(7)), 'notes.txt'])
      writeFileSync(join(folder, 'blobs/sha256', name), '');
    expect([...(await store.digests())].sort()).to.deep.equal(names.sort());
  });

  it('lists blobs in the order of their digests', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.ingest(Buffer.from(`${i}`))));
    const list = await digests(store);
    expect(list).to.have.length(20);
    expect(list).to.deep.equal([...list].sort());
  });

  it('makes folders that only its user may enter, whatever the process gives to new ones', async () => {
    const folder = await temporaryFolder();
    const root = join(folder, 'blobs');
    const before = process.umask(0);
    try {
      const made = new LocalContentStore(root, { ingest: join(folder, 'ingest') });
      await made.ingest(Buffer.from('x'));
    } finally {
      process.umask(before);
    }
    for (const path of [root, join(root, 'sha256'), join(folder, 'ingest')])
      expect((await stat(path)).mode & 0o777, path).to.equal(0o700);
  });
});
