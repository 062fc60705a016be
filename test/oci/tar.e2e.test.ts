import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readTar } from '../../src/oci/tar.js';
import { collect, pieces, tar } from './support/archives.js';
import { temporaryFolder } from './support/images.js';

async function read(archive: Buffer, size?: number): Promise<[name: string, type: string, content: string][]> {
  const found: [string, string, string][] = [];
  for await (const { name, type, content } of readTar(pieces(archive, size)))
    found.push([name, type, (await collect(content)).toString('latin1')]);
  return found;
}

describe('a tar archive', () => {
  it('is read by other programs, and theirs is read here', async () => {
    const folder = await temporaryFolder();
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
    await writeFile(join(folder, 'ours.tar'), await tar({ [long]: 'long', short: 'short' }));
    const run = (...args: string[]) => spawnSync('tar', args, { cwd: folder, encoding: 'utf8' });
    expect(run('-xf', 'ours.tar').stderr).to.equal('');
    for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
      const files = format === 'ustar' || format === 'v7' ? ['short'] : [long, 'short'];
      expect(run(`--format=${format}`, '-cf', 'theirs.tar', ...files).status, format).to.equal(0);
      const archive = spawnSync('cat', [join(folder, 'theirs.tar')]).stdout;
      expect((await read(archive)).map(([name, , text]) => [name, text])).to.deep.equal(
        files.map((name) => [name, name === long ? 'long' : 'short']),
      );
    }
  });
});
