import { expect } from 'chai';
import { importFrom } from '../../../src/engine/images/import-from.js';
import { tar } from '../../oci/support/archives.js';
import { FakeRegistry, send } from '../../support/registry-client/fake-registry.js';
import { all, failure, openEngine, type TestEngine } from '../support.js';

describe('Importing from a URL', () => {
  let other: FakeRegistry;
  let test: TestEngine;
  beforeEach(async () => {
    other = await FakeRegistry.start();
    test = await openEngine();
  });
  afterEach(async () => {
    await test.close();
    await other.stop();
  });
  const refusal = async (source: string) =>
    (await failure(async () => all(await importFrom(test.context, source, {})))).code;

  it('fetches the archive and tells how far it has come', async () => {
    const archive = await tar({ 'hello.txt': 'hello' });
    other.fault = ({ method }, response) => send(response, method, 200, archive);
    const messages = await all(await importFrom(test.context, `${other.host}/f.tar`, { repo: 'from', tag: 'url' }));
    expect(messages[0]).to.deep.equal({ status: `Downloading from http://${other.host}/f.tar` });
    const size = archive.length;
    expect(messages.at(-2)).to.deep.equal({ status: 'Importing', progressDetail: { current: size, total: size } });
    const image = test.context.store.get('docker.io/library/from:url');
    expect(messages.at(-1)).to.deep.equal({ status: image?.target.digest });
  });

  for (const [status, code] of [
    [404, 'NOT_FOUND'],
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHORIZED'],
    [403, 'FORBIDDEN'],
    [500, 'INTERNAL'],
  ] as const) {
    it(`that answers ${status} fails with ${code}`, async () => {
      other.fault = ({ method }, response) => send(response, method, status, 'no');
      expect(await refusal(`http://${other.host}/f.tar`)).to.equal(code);
    });
  }

  for (const [source, code] of [
    ['1x://y', 'INVALID_ARGUMENT'],
    ['://y', 'INVALID_ARGUMENT'],
    ['http://a b/', 'INVALID_ARGUMENT'],
    ['ftp://x/y', 'INTERNAL'],
    ['http://', 'INTERNAL'],
    ['', 'INTERNAL'],
  ] as const) {
    it(`'${source}' is refused with ${code}`, async () => {
      expect(await refusal(source)).to.equal(code);
    });
  }
});
