import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { capture, type Outcome } from './capture.js';

const description = `swagger: "2.0"
basePath: "/v1.54" # the version
info:
  version: "1.54"
paths: {}
definitions:
  A:
    type: "object"
`;
const overlay = (...actions: string[]): string =>
  ['overlay: 1.0.0', 'info: {title: test, version: "1"}', 'actions:', ...actions, ''].join('\n');

describe('attestd spec apply', () => {
  let dir: string;
  let file: string;
  let patch: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'attestd-apply-'));
    file = join(dir, 'engine.yaml');
    patch = join(dir, 'patch.yaml');
    writeFileSync(file, description);
    writeFileSync(patch, overlay('  - target: $.definitions.A', '    update: {title: T}'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const apply = (...args: string[]): Promise<Outcome> => capture(() => execute(['spec', 'apply', ...args]));
  const patched = `${description}    title: "T"\n`;

  it('patches the file and says what it did, then finds nothing to do', async () => {
    const first = await apply('--to', file, '--overlay', patch);
    expect(first.code).to.equal(0);
    expect(first.stdout).to.equal(`${file}: 1 change\n  + /definitions/A/title\n`);
    expect(readFileSync(file, 'utf8')).to.equal(patched);
    const second = await apply('--to', file, '--overlay', patch, '--json');
    expect(second.code).to.equal(0);
    expect(JSON.parse(second.stdout)).to.deep.equal({
      file,
      changed: false,
      written: false,
      changes: [],
      conflicts: [],
      notes: [],
    });
    expect(readdirSync(dir).sort()).to.deep.equal(['engine.yaml', 'patch.yaml']);
  });

  it('only looks with --check: 1 when the file would change, 0 when not', async () => {
    expect((await apply('--to', file, '--overlay', patch, '--check')).code).to.equal(1);
    expect(readFileSync(file, 'utf8')).to.equal(description);
    await apply('--to', file, '--overlay', patch, '--quiet');
    expect((await apply('--to', file, '--overlay', patch, '--check')).code).to.equal(0);
  });

  it('says nothing when asked to be quiet', async () => {
    expect((await apply('--to', file, '--overlay', patch, '--quiet')).stdout).to.equal('');
    expect(readFileSync(file, 'utf8')).to.equal(patched);
  });

  it('applies the channel that is named, with an overlay after it', async () => {
    const base = readFileSync(new URL('../../api/base/engine-v1.54.yaml', import.meta.url), 'utf8');
    const patchedBase = async (...args: string[]): Promise<string> => {
      writeFileSync(file, base);
      expect((await apply('--to', file, '--quiet', ...args)).code).to.equal(0);
      return readFileSync(file, 'utf8');
    };
    const standard = await patchedBase('--channel', 'standard');
    expect(standard).to.include('operationId: ImageAttestations').and.not.include('Statements:');
    expect(await patchedBase()).to.include('Statements:');
    writeFileSync(patch, overlay('  - target: $.definitions.AttestationStatement', '    update: {title: T}'));
    expect(await patchedBase('--channel', 'standard', '--overlay', patch)).to.include('    title: T\n');
  });

  it('reports every conflict by overlay, action and line, and leaves the file alone', async () => {
    writeFileSync(
      patch,
      overlay(
        '  - target: $.definitions.B',
        '    update: {title: T}',
        '  - target: $.definitions',
        '    update:',
        '      A:',
        '        type: string',
        '  - target: $.info',
        '    update: {title: T}',
      ),
    );
    const { code, stdout } = await apply('--to', file, '--overlay', patch, '--fit', '--json');
    expect(code).to.equal(1);
    const { conflicts, written } = JSON.parse(stdout) as { conflicts: Record<string, unknown>[]; written: boolean };
    expect(written).to.equal(false);
    expect(conflicts.map(({ kind, overlay: name, action, line }) => [kind, name, action, line])).to.deep.equal([
      ['target-absent', patch, 1, 5],
      ['different-value', patch, 2, 9],
    ]);
    expect(readFileSync(file, 'utf8')).to.equal(description);
  });

  it('applies an overlay as its specification says: what selects nothing passes, unless --strict asks', async () => {
    writeFileSync(patch, overlay('  - target: $.definitions.B', '    update: {title: T}'));
    const lax = await apply('--to', file, '--overlay', patch, '--json');
    expect(lax.code).to.equal(0);
    const { notes } = JSON.parse(lax.stdout) as { notes: { line: number; at: string }[] };
    expect(notes.map(({ line, at }) => [line, at])).to.deep.equal([[5, '$.definitions.B']]);
    const strict = await apply('--to', file, '--overlay', patch, '--strict', '--json');
    expect(strict.code).to.equal(1);
    const { conflicts } = JSON.parse(strict.stdout) as { conflicts: { kind: string }[] };
    expect(conflicts.map(({ kind }) => kind)).to.deep.equal(['target-absent']);
  });

  it('patches what the overlay extends when no file is named', async () => {
    const text = (target: string): string =>
      readFileSync(patch, 'utf8').replace('actions:', `extends: ${target}\nactions:`);
    const plain = readFileSync(patch, 'utf8');
    writeFileSync(patch, text('./engine.yaml'));
    expect((await apply('--overlay', patch)).code).to.equal(0);
    expect(readFileSync(file, 'utf8')).to.equal(patched);
    for (const target of ['https://example.test/engine.yaml', 'none.yaml']) {
      writeFileSync(patch, plain.replace('actions:', `extends: ${target}\nactions:`));
      expect((await apply('--overlay', patch)).error, target).to.have.property('exitCode', 2);
    }
  });

  it('patches OpenAPI 3.0, 3.1 and 3.2 in place', async () => {
    for (const version of ['3.0.4', '3.1.1', '3.2.0']) {
      const openapi = `openapi: ${version} # mine\ninfo: {title:   t, version: "1"}\npaths: {}\n`;
      writeFileSync(file, openapi);
      writeFileSync(patch, overlay('  - target: $', '    update: {servers: [{url: /v1}]}'));
      expect((await apply('--to', file, '--overlay', patch, '--quiet')).code).to.equal(0);
      expect(readFileSync(file, 'utf8')).to.equal(`${openapi}servers:\n  - url: /v1\n`);
    }
  });

  it('keeps the mode of the file, and a link to it', async () => {
    chmodSync(file, 0o640);
    const link = join(dir, 'link.yaml');
    symlinkSync(file, link);
    expect((await apply('--to', link, '--overlay', patch)).code).to.equal(0);
    expect(lstatSync(link).isSymbolicLink()).to.equal(true);
    expect(statSync(file).mode & 0o777).to.equal(0o640);
    expect(readFileSync(file, 'utf8')).to.equal(patched);
  });

  it('refuses wrong usage, files that are not descriptions and overlays that are none, with exit code 2', async () => {
    const bytes = join(dir, 'bytes.yaml');
    writeFileSync(bytes, Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]));
    const broken = join(dir, 'broken.yaml');
    writeFileSync(broken, 'overlay: 1.0.0\n');
    const other = join(dir, 'other.yaml');
    writeFileSync(other, 'openapi: 4.0.0\n');
    const wrong: string[][] = [
      [],
      ['--to', file, '--nope'],
      ['--to', file, 'more'],
      ['--to', file, '--channel', 'corrections'],
      ['--to', join(dir, 'none.yaml')],
      ['--to', bytes],
      ['--to', other],
      ['--to', file, '--overlay', broken],
      ['--to', file, '--overlay', join(dir, 'none.yaml')],
    ];
    for (const args of wrong) expect((await apply(...args)).error, args.join(' ')).to.have.property('exitCode', 2);
    expect(readFileSync(file, 'utf8')).to.equal(description);
  });
});
