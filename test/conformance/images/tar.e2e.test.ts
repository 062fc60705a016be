import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readTar, writeTar } from '../../../src/conformance/images/tar.js';

describe("the suite's tar writer", () => {
  const entries = [
    ['folder/', Buffer.alloc(0)],
    ['folder/empty', Buffer.alloc(0)],
    ['folder/block', Buffer.alloc(512, 'a')],
    ['folder/odd', Buffer.from('odd length')],
  ] as const;

  it('writes what tar(1) unpacks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'attestd-tar-'));
    try {
      writeFileSync(join(folder, 'a.tar'), writeTar(entries));
      execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
      expect(readFileSync(join(folder, 'folder/block'), 'utf8')).to.equal('a'.repeat(512));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reads what tar(1) packs, long names included', () => {
    const folder = mkdtempSync(join(tmpdir(), 'attestd-tar-'));
    try {
      const name = `${'n'.repeat(120)}.txt`;
      writeFileSync(join(folder, name), 'long');
      const archive = execFileSync('tar', ['--format=pax', '-cf', '-', name], { cwd: folder });
      expect(readTar(archive).get(name)?.toString()).to.equal('long');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
