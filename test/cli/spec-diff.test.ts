import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { readOperand } from '../../src/spec/diff-operand.js';
import { capture, type Outcome } from './capture.js';

const diff = (...args: string[]): Promise<Outcome> => capture(() => execute(['spec', 'diff', ...args]));
const root = fileURLToPath(new URL('../../', import.meta.url));

describe('attestd spec diff', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'attestd-diff-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('shows what API 1.55 and the proposal add, and breaks nobody', async () => {
    const { code, stdout } = await diff('1.54', '1.55+experimental', '--fail-on', 'breaking', '--json');
    expect(code).to.equal(0);
    const { verdict, changes } = JSON.parse(stdout) as {
      verdict: Record<string, string>;
      changes: { rule: string; operation?: string; definition?: string; at: string }[];
    };
    expect(verdict).to.deep.equal({ clients: 'additive', servers: 'additive' });
    expect(changes.map(({ rule, operation, definition, at }) => [rule, operation ?? definition, at])).to.deep.equal([
      ['version-changed', undefined, 'info'],
      ['operation-added', 'GET /images/{name}/attestations', ''],
      ['property-added', 'ImageManifestSummary', 'AttestationData.Statements'],
      ['definition-added', 'AttestationStatement', ''],
    ]);
  });

  it('finds the packaged description and its OpenAPI 3 form equal', async () => {
    const { code, stdout } = await diff(
      join(root, 'api/swagger.yaml'),
      join(root, 'src/generated/openapi.json'),
      '--fail-on',
      'any',
    );
    expect(stdout).to.match(/: no changes\n$/);
    expect(code).to.equal(0);
  });

  it('exits 1 for a breaking change when asked to, and for any change when asked to', async () => {
    const base = readFileSync(join(root, 'api/base/engine-v1.54.yaml'), 'utf8');
    const breaking = join(dir, 'breaking.yaml');
    const words = join(dir, 'words.yaml');
    writeFileSync(breaking, base.replace('  /images/{name}/history:', '  /images/{name}/story:'));
    writeFileSync(words, base.replace('title: Docker Engine API', 'title: Another title'));
    expect((await diff('1.54', breaking)).code).to.equal(0);
    expect((await diff('1.54', breaking, '--fail-on', 'breaking')).code).to.equal(1);
    expect((await diff('1.54', words, '--fail-on', 'breaking')).code).to.equal(0);
    expect((await diff('1.54', words, '--fail-on', 'any')).code).to.equal(1);
    expect((await diff('1.54', '1.54', '--fail-on', 'any')).code).to.equal(0);
  });

  it('writes Markdown with one row for each change of the wire', async () => {
    const { stdout } = await diff('1.54', '1.55+experimental', '--format', 'markdown');
    const rows = stdout.split('\n').filter((row) => row.startsWith('| additive'));
    expect(rows).to.have.length(3);
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).to.have.length(6);
    expect(stdout).to.include('| clients | 0 | 3 | 1 |').and.include('<details>');
  });

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

  it('refuses wrong usage and operands that are not descriptions, with exit code 2', async () => {
    const text = join(dir, 'text.yaml');
    writeFileSync(text, 'just: text\n');
    const wrong: string[][] = [
      [],
      ['1.54'],
      ['1.54', '1.55', '1.56'],
      ['1.54', '1.53'],
      ['1.54', text],
      ['1.54', '1.55', '--format', 'html'],
      ['1.54', '1.55', '--fail-on', 'additive'],
      ['1.54', '1.55', '--nope'],
    ];
    for (const args of wrong) expect((await diff(...args)).error, args.join(' ')).to.have.property('exitCode', 2);
  });

  it('writes nothing but the exit code when asked to be quiet, and no colours into a pipe', async () => {
    expect((await diff('1.54', '1.55', '--quiet')).stdout).to.equal('');
    const { stdout } = await diff('1.54', '1.55');
    expect(stdout).to.include('operation-added').and.not.include('\u001b');
  });
});
