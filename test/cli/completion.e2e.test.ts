import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { skip } from '../helpers/record.js';
import { capture } from './capture.js';

/** For each shell, a program that offers what comes after a command line, a word a line. */
const shells = {
  bash: (script: string, words: readonly string[]) => [
    '--norc',
    '-c',
    `source '${script}'; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
     _attestd 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (script: string, words: readonly string[]) => [
    '-f',
    '-c',
    `compdef() { :; }; compadd() { shift; printf '%s\\n' "$@"; }; _files() { print FILES "$@"; }
     source '${script}'; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _attestd`,
  ],
  fish: (script: string, words: readonly string[]) => [
    '--no-config',
    '-c',
    `source '${script}'; complete -C '${words.join(' ')}' | string replace -r '\\t.*' ''`,
  ],
} as const;

describe('attestd completion', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-completion-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    describe(`for ${shell}`, () => {
      let script: string;
      const installed = spawnSync(shell, ['--version']).status === 0;
      before(async () => {
        const { stdout, code } = await capture(() => execute(['completion', shell]));
        expect(code).to.equal(0);
        script = join(folder, shell);
        writeFileSync(script, stdout);
      });

      const offered = (...words: string[]): string[] => {
        const { stdout, stderr } = spawnSync(shell, shells[shell](script, ['attestd', ...words]), {
          encoding: 'utf8',
          env: { PATH: process.env.PATH, HOME: folder },
        });
        expect(stderr).to.equal('');
        return stdout.split('\n').filter((line) => line !== '');
      };

      const when = (title: string, test: () => void): void => {
        it(title, function () {
          if (!installed) skip(this, `${shell} not found (apt install ${shell})`);
          test();
        });
      };

      when('offers the commands', () => {
        expect(offered('')).to.include.members(['attestations', 'completion', 'conformance', 'serve', 'spec']);
        expect(offered('spec', '')).to.include.members(['apply', 'diff', 'validate-recordings']);
      });

      when('offers the flags of the command that was typed', () => {
        expect(offered('spec', 'diff', '--'))
          .to.include('--fail-on')
          .and.not.include('--listen');
        expect(offered('serve', '--')).to.include('--listen').and.not.include('--fail-on');
      });

      when('offers the values that a flag takes', () => {
        expect(offered('serve', '--channel', '')).to.have.members(['standard', 'experimental']);
        expect(offered('completion', '')).to.include.members(['bash', 'zsh', 'fish']);
      });
    });
  }

  it('refuses another shell', async () => {
    const { error } = await capture(() => execute(['completion', 'tcsh']));
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
  });
});
