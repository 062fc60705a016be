import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const script = fileURLToPath(new URL('../../scripts/check-verdicts.sh', import.meta.url));

/** In place of the suite: each run reports the next of the verdicts that are kept for it. */
const suite = `
import { readFileSync, writeFileSync } from 'node:fs';
const kept = new URL('runs.json', import.meta.url);
const [next, ...later] = JSON.parse(readFileSync(kept, 'utf8'));
writeFileSync(kept, JSON.stringify(later));
const results = Object.entries(next).map(([id, outcome]) => ({ id, outcome, reason: 'of another --profile' }));
writeFileSync(process.argv[process.argv.indexOf('--json') + 1], JSON.stringify({ results }));
process.exitCode = results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
`;

type Verdicts = Readonly<Record<string, string>>;

describe('the comparison of verdicts with those that are kept', () => {
  let root: string;
  let expected: string;

  /** Runs the script against stubbed verdicts and returns its exit code. */
  function checked(lines: readonly string[], runs: readonly Verdicts[], ...args: readonly string[]): number | null {
    writeFileSync(expected, lines.map((line) => `${line}\n`).join(''));
    writeFileSync(join(root, 'dist/cli/runs.json'), JSON.stringify(runs));
    return spawnSync(join(root, 'scripts/check-verdicts.sh'), ['unix:///none', expected, ...args]).status;
  }

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'attestd-verdicts-'));
    expected = join(root, 'expected.txt');
    mkdirSync(join(root, 'scripts'));
    mkdirSync(join(root, 'dist/cli'), { recursive: true });
    copyFileSync(script, join(root, 'scripts/check-verdicts.sh'));
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    writeFileSync(join(root, 'dist/cli/main.js'), suite);
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  it('takes the verdicts that are kept', () => {
    expect(checked(['failed B', 'passed A'], [{ A: 'passed', B: 'failed' }])).to.equal(0);
  });

  it('takes any verdict on what varies, and no other', () => {
    const lines = ['passed A', 'varies B'];
    for (const B of ['passed', 'failed', 'blocked']) expect(checked(lines, [{ A: 'passed', B }])).to.equal(0);
    const other = { A: 'failed', B: 'passed' };
    expect(checked(lines, [other, other])).to.equal(1);
  });

  it('wants a verdict on what varies', () => {
    expect(checked(['passed A', 'varies B'], [{ A: 'passed' }, { A: 'passed' }])).to.equal(1);
  });

  it('looks twice, and not three times', () => {
    const [good, bad] = [{ A: 'passed' }, { A: 'failed' }];
    expect(checked(['passed A'], [bad, good])).to.equal(0);
    expect(checked(['passed A'], [bad, bad, good])).to.equal(1);
  });

  it('leaves out what a profile leaves out', () => {
    expect(checked(['passed A'], [{ A: 'passed', B: 'skipped' }], '--profile', 'core-1.44')).to.equal(0);
  });

  it('keeps what varies when it writes the verdicts anew', () => {
    expect(checked(['passed A', 'varies B'], [{ A: 'failed', B: 'passed', C: 'passed' }], '--update')).to.equal(0);
    expect(readFileSync(expected, 'utf8')).to.equal('failed A\npassed C\nvaries B\n');
  });

  it('is not for what has no daemon or no file', () => {
    expect(spawnSync(script, ['unix:///none']).status).to.equal(2);
  });
});
