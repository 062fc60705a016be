import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
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

  it('finds the packaged description and its OpenAPI 3.0 and 3.2 forms equal', async () => {
    for (const form of ['src/generated/openapi.json', 'api/openapi.yaml']) {
      const { code, stdout } = await diff(join(root, 'api/swagger.yaml'), join(root, form), '--fail-on', 'any');
      expect(stdout).to.match(/: no changes\n$/);
      expect(code).to.equal(0);
    }
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
    expect((await diff(join(root, 'api/base/engine-v1.54.yaml'), words, '--fail-on', 'any')).code).to.equal(1);
    // A built-in version and a file are compared by structure.
    expect((await diff('1.54', words, '--fail-on', 'any')).code).to.equal(0);
    expect((await diff('1.54', '1.54', '--fail-on', 'any')).code).to.equal(0);
  });

  it('writes Markdown with one row for each change of the wire, and the requirements that judge it', async () => {
    const { stdout } = await diff('1.54', '1.55+experimental', '--format', 'markdown');
    const rows = stdout.split('\n').filter((row) => row.startsWith('- info'));
    expect(rows).to.have.length(2);
    expect(rows[0]).to.include('judged by ImageAttestations.');
    expect(stdout).to.include('0 errors, 0 warnings, 2 info').and.include('Folded: ');
  });

  it('writes annotations with file and line, and escapes them as GitHub asks', async () => {
    const base = readFileSync(join(root, 'api/base/engine-v1.54.yaml'), 'utf8');
    const changed = join(dir, 'changed, 100%.yaml');
    const text = base
      .replace('  /images/{name}/history:', '  /images/{name}/story:')
      .replace(/ {6}Comment:\n/, '      Remark:\n');
    writeFileSync(changed, text);
    const { stdout } = await diff('1.54', changed, '--format', 'github');
    const lines = stdout.split('\n').filter(Boolean);
    const line = text.split('\n').indexOf('  /images/{name}/story:') + 2;
    expect(lines[0]).to.match(/^::error file=.*changed%2C 100%25\.yaml,line=\d+,title=[a-z-]+::/);
    expect(
      lines.some((each) => each.includes(`line=${line},title=operation-moved`)),
      stdout,
    ).to.equal(true);
    expect((await diff('1.54', '1.55', '--format', 'github')).stdout).to.match(/^::notice title=operation-added::GET /);
  });

  it('leaves out what is accepted, says why, and names entries that nothing needs', async () => {
    const base = readFileSync(join(root, 'api/base/engine-v1.54.yaml'), 'utf8');
    const changed = join(dir, 'changed.yaml');
    writeFileSync(changed, base.replace('  /images/{name}/history:', '  /images/{name}/story:'));
    const accepted = join(dir, 'accepted.yaml');
    const entry = (at: string, rule: string): string =>
      `  - {at: '${at}', rule: ${rule}, reason: Announced long ago.}\n`;
    writeFileSync(
      accepted,
      `accept:\n${entry('GET /images/{name}/story', 'operation-moved')}${entry('ImageInspect.Os', 'property-removed')}`,
    );
    const { code, stdout } = await diff('1.54', changed, '--accept', accepted, '--fail-on', 'breaking');
    expect(code).to.equal(0);
    expect(stdout).to.include('0 errors').and.include('Announced long ago.');
    expect(stdout).to.include('nothing to accept at ImageInspect.Os [property-removed]');
    for (const wrong of ['accept: 1', 'accept: [{at: x}]', 'accept: [{at: x, reason: y, rule: z}]', 'other: []']) {
      writeFileSync(accepted, wrong);
      expect((await diff('1.54', '1.55', '--accept', accepted)).error, wrong).to.have.property(
        'code',
        'INVALID_ARGUMENT',
      );
    }
  });

  it('takes rules as grave as a file says', async () => {
    const file = join(dir, 'severity.yaml');
    writeFileSync(file, 'severity: {operation-added: error}\n');
    const { code, stdout } = await diff('1.54', '1.55', '--severity', file, '--fail-on', 'breaking');
    expect(code).to.equal(1);
    expect(stdout).to.match(/^ {2}error {3}GET \/images\/\{name\}\/attestations: /m);
    writeFileSync(file, 'severity: {operation-added: off}\n');
    expect((await diff('1.54', '1.55', '--severity', file)).stdout).not.to.include('operation-added');
    for (const wrong of ['severity: {nothing: error}', 'severity: {operation-added: grave}', 'severity: []']) {
      writeFileSync(file, wrong);
      expect((await diff('1.54', '1.55', '--severity', file)).error, wrong).to.have.property(
        'code',
        'INVALID_ARGUMENT',
      );
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
