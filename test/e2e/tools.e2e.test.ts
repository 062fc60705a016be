import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Tool, unusable } from './support/tools.js';

describe('a client that the end-to-end tests drive', () => {
  const tool: Tool = { name: 'client', variable: 'ATTESTD_NONE', ask: (host) => [host] };
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-tools-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A client that asks for one path. */
  const client = (path: string): string => {
    const file = join(folder, `client${path.replaceAll('/', '-')}`);
    const request = `request({ socketPath: process.argv[2].slice(7), path: '${path}' }, (a) => a.resume()).end()`;
    writeFileSync(file, `#!${process.execPath}\nrequire('node:http').${request};\n`, { mode: 0o755 });
    return file;
  };

  it('is not used where it is missing', () => {
    expect(unusable(tool, undefined)).to.equal('client not found (apt install client, or set ATTESTD_NONE)');
  });

  it('is not used when it speaks an API that every daemon of today refuses', () => {
    expect(unusable(tool, client('/v1.22/images/none/get'))).to.match(/^client speaks API 1\.22, /);
  });

  it('is used when it speaks one that they have, or names none', () => {
    expect(unusable(tool, client('/v1.44/info'))).to.equal(undefined);
    expect(unusable(tool, client('/_ping'))).to.equal(undefined);
  });
});
