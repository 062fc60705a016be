import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readOperand } from '../../src/spec/diff-operand.js';

describe('attestd spec diff', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'attestd-diff-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('reads files of git revisions, from the root of the repository and from the folder', () => {
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], {
        cwd: dir,
        stdio: 'ignore',
      });
    };
    git('init', '--quiet');
    const write = (version: string): void =>
      writeFileSync(join(dir, 'a.yaml'), `swagger: '2.0'\ninfo: {version: '${version}'}\npaths: {}\ndefinitions: {}\n`);
    write('1.1');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    write('1.2');
    expect(readOperand('HEAD:a.yaml', dir).version).to.equal('1.1');
    expect(readOperand('HEAD:./a.yaml', dir).version).to.equal('1.1');
    for (const wrong of ['HEAD:none.yaml', 'nope:a.yaml', '--help:a.yaml', 'HEAD:']) {
      expect(() => readOperand(wrong, dir), wrong)
        .to.throw()
        .with.property('code', 'USAGE');
    }
  });
});
