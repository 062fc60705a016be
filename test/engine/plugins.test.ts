import { Readable } from 'node:stream';
import { expect } from 'chai';
import { createPlugin, pullPlugin } from '../../src/engine/plugins.js';
import { parseReference } from '../../src/oci/reference.js';
import { tar } from '../oci/support/archives.js';
import { FakeRegistry } from '../support/registry-client/fake-registry.js';
import { fixturePath, openEngine, refusal, type TestEngine } from './support.js';

describe('Plugins, which the server does not take', () => {
  let fake: FakeRegistry;
  let test: TestEngine;
  beforeEach(async () => {
    fake = await FakeRegistry.start();
    test = await openEngine();
  });
  afterEach(async () => {
    await test.close();
    await fake.stop();
  });

  const pull = (name: string): Promise<readonly [string, string]> =>
    refusal(() => pullPlugin(test.context, parseReference(`${fake.host}/${name}`), {}));

  it('are looked for in their registry first', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    expect(await pull('a/absent:1')).to.deep.equal([
      'NOT_FOUND',
      `error resolving plugin reference: ${fake.host}/a/absent:1: not found`,
    ]);
    expect((await pull('a/basic:latest'))[0]).to.equal('NOT_IMPLEMENTED');
    const { host } = fake;
    await fake.stop();
    const [code, message] = await refusal(() => pullPlugin(test.context, parseReference(`${host}/a:1`), {}));
    expect(code).to.equal('INTERNAL');
    expect(message).to.match(/^error resolving plugin reference: .*connection refused$/);
    fake = await FakeRegistry.start();
  });

  const archive = async (files: Readonly<Record<string, string>>): Promise<Readable> =>
    Readable.from([await tar(files)]);

  it('are refused for archives that are none, in the words of a daemon', async () => {
    const create = (body: Readable): Promise<readonly [string, string]> => refusal(() => createPlugin(body));
    expect(await create(await archive({ 'rootfs/a': 'x' }))).to.deep.equal(['INTERNAL', 'config not found']);
    expect(await create(await archive({ 'config.json': '{"description":"x"' }))).to.deep.equal([
      'INTERNAL',
      'failed to parse config: unexpected end of JSON input',
    ]);
    expect(await create(Readable.from([Buffer.from('garbage')]))).to.deep.equal([
      'INTERNAL',
      'failed to read from tar: unexpected EOF',
    ]);
    expect((await create(await archive({ 'config.json': '{}', 'rootfs/a': 'x' })))[0]).to.equal('NOT_IMPLEMENTED');
  });
});
