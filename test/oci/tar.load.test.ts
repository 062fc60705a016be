import { expect } from 'chai';
import { readTar } from '../../src/oci/tar.js';
import { turnsDuring } from '../helpers/turns.js';
import { entry, pieces } from './support/archives.js';

describe('a tar archive', () => {
  it('lets others have their turn between very many empty files in one piece', async () => {
    const empty = entry('e', '0').subarray(0, 512);
    const archive = Buffer.concat([...Array.from({ length: 20_000 }, () => empty), Buffer.alloc(1024)]);
    let count = 0;
    const work = async (): Promise<void> => {
      for await (const _ of readTar(pieces(archive, archive.length))) count++;
    };
    expect(await turnsDuring(work)).to.be.greaterThan(4);
    expect(count).to.equal(20_000);
  });
});
