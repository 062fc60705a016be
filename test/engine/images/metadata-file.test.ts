import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ImageMetadataFile } from '../../../src/engine/images/metadata-file.js';
import { temporaryFolder } from '../../oci/support/images.js';

const digest = (at: number): string => `sha256:${String(at).padStart(64, '0')}`;

describe('A file of facts', () => {
  it('leaves out what nobody needs, and keeps the rest as it was written last', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'facts');
    const file = new ImageMetadataFile(path, 'header');
    const text = (at: number, version: number): string => `${at} ${version} é ${'x'.repeat(10_000)}`;
    for (const version of [1, 2]) for (let at = 0; at < 100; at++) file.append(digest(at), text(at, version));
    await file.close();
    const { size } = await stat(path);
    const again = new ImageMetadataFile(path, 'header');
    await again.compact((each) => Number(each.slice(7)) < 40);
    expect((await stat(path)).size).to.be.lessThan(size / 4);
    expect(await again.read(digest(7))).to.equal(text(7, 2));
    again.append(digest(200), text(200, 1));
    await again.close();
    const third = new ImageMetadataFile(path, 'header');
    expect(await third.read(digest(39))).to.equal(text(39, 2));
    expect(await third.read(digest(40))).to.equal(undefined);
    expect(await third.read(digest(200))).to.equal(text(200, 1));
    await third.compact(() => true);
    expect(await third.read(digest(0))).to.equal(text(0, 2));
    await third.close();
    expect(await readdir(folder)).to.deep.equal(['facts']);
  });

  it('that is small is left alone', async () => {
    const path = join(await temporaryFolder(), 'facts');
    const file = new ImageMetadataFile(path, 'header');
    file.append(digest(1), 'one');
    await file.close();
    const { size } = await stat(path);
    const again = new ImageMetadataFile(path, 'header');
    await again.compact(() => false);
    expect((await stat(path)).size).to.equal(size);
    await again.close();
  });
});
