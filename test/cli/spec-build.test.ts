import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { apiFolder } from '../../src/spec/index.js';
import { capture, type Outcome } from './capture.js';

const spec = (...args: string[]): Promise<Outcome> => capture(() => execute(['spec', ...args]));

describe('attestd spec build and check', function () {
  this.timeout(60_000);

  let api: string;
  beforeEach(() => {
    api = mkdtempSync(join(tmpdir(), 'attestd-api-'));
    cpSync(apiFolder, api, { recursive: true });
  });
  afterEach(() => rmSync(api, { recursive: true, force: true }));

  it('finds the committed description up to date', async () => {
    expect((await spec('check')).code).to.equal(0);
  });

  it('builds the same file that is committed', async () => {
    const { code, stdout } = await spec('build', '--api', api, '--output', '-');
    expect(code).to.equal(0);
    expect(stdout).to.equal(readFileSync(join(api, 'swagger.yaml'), 'utf8'));
  });

  it('reports drift with the line where it starts, and repairs it', async () => {
    const file = join(api, 'swagger.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('basePath: /v1.55', 'basePath: /v1.99'));
    const drifted = await spec('check', '--api', api, '--json');
    expect(drifted.code).to.equal(1);
    const report = JSON.parse(drifted.stdout) as { matches: boolean; line: number };
    expect(report.matches).to.equal(false);
    expect(readFileSync(file, 'utf8').split('\n')[report.line - 1]).to.equal('basePath: /v1.99');
    expect((await spec('build', '--api', api)).code).to.equal(0);
    expect((await spec('check', '--api', api)).code).to.equal(0);
  });

  it('refuses an overlay whose action matches nothing, and one that is not an overlay', async () => {
    const file = join(api, 'overlays/experimental/99-test.yaml');
    const overlay = (action: string): string =>
      `overlay: 1.0.0\ninfo: {title: test, version: '1'}\nactions:\n  - ${action}\n`;
    const texts: [string, string][] = [
      [overlay('{target: $.nothing, update: {a: 1}}'), 'OVERLAY'],
      [overlay('{target: $.basePath, update: {a: 1}}'), 'OVERLAY'],
      [overlay('{target: "$[", update: {a: 1}}'), 'OVERLAY'],
      [overlay('{target: $, copy: $.info}'), 'OVERLAY'],
      ['overlay: 2.0.0\n', 'OVERLAY'],
      ['overlay: [\n', 'INVALID_ARGUMENT'],
    ];
    for (const [text, code] of texts) {
      writeFileSync(file, text);
      expect((await spec('check', '--api', api)).error, text).to.have.property('code', code);
    }
  });

  it('refuses a folder that holds no description, and flags and operands that it does not take', async () => {
    expect((await spec('check', '--api', join(api, 'none'))).error).to.have.property('code', 'NOT_FOUND');
    expect((await spec('check', '--nope')).error).to.have.property('code', 'USAGE');
    expect((await spec('build', 'file')).error).to.have.property('code', 'USAGE');
    expect((await spec('nope')).error).to.have.property('code', 'USAGE');
  });
});
