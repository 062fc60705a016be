import { expect } from 'chai';
import { imageHistory } from '../../../src/engine/images/history.js';
import { inspectImage } from '../../../src/engine/images/inspect.js';
import { listImages } from '../../../src/engine/images/list.js';
import { write, writeManifest } from '../../oci/support/images.js';
import { openEngine, parsed, type TestEngine } from '../support.js';

const configType = 'application/vnd.oci.image.config.v1+json';

/** What a dockerd 29.7.2 answers to each was the same as without the member. */
describe('A member of a configuration that is null', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
  });
  afterEach(() => test.close());

  const plain = {
    architecture: 'amd64',
    os: 'linux',
    created: '2024-01-01T00:00:00Z',
    author: 'me',
    rootfs: { type: 'layers', diff_ids: [] },
    history: [{ created: '2024-01-01T00:00:00Z', created_by: 'x', empty_layer: true }],
    config: { Cmd: ['sh'] },
  };

  /** List, inspect and history of an image with a configuration, its id and sizes left out. */
  async function answers(config: object) {
    const { content } = test.context.store;
    const target = await writeManifest(content, { config: await write(content, config, configType), layers: [] });
    await test.context.store.put('docker.io/library/null:1', target);
    const listed = parsed(await listImages(test.context, { apiVersion: '1.55' }));
    const inspected = parsed(await inspectImage(test.context, 'null:1', { apiVersion: '1.55' }));
    const history = parsed((await imageHistory(test.context, 'null:1')) ?? null);
    return {
      created: [listed[0].Created, inspected.Created],
      author: inspected.Author,
      config: inspected.Config,
      history: history?.map(({ Created, CreatedBy }: { Created: number; CreatedBy: string }) => [Created, CreatedBy]),
    };
  }

  const without = (key: keyof typeof plain): object =>
    Object.fromEntries(Object.entries(plain).filter(([name]) => name !== key));

  for (const key of ['created', 'author', 'history', 'config'] as const)
    it(`is as if it were not there: ${key}`, async () => {
      expect(await answers({ ...plain, [key]: null })).to.deep.equal(await answers(without(key)));
    });

  it('is as if it were not there, in a step of the history', async () => {
    const [step] = plain.history;
    const { history } = await answers({ ...plain, history: [{ ...step, created: null, comment: null }] });
    expect(history).to.deep.equal([[0, 'x']]);
  });

  it('is as if it were not there, in what a container runs with', async () => {
    const members = { Healthcheck: null, ExposedPorts: null, Volumes: null, Labels: null, Env: null, Cmd: null };
    expect((await answers({ ...plain, config: members })).config).to.deep.equal({});
    expect((await answers({ ...plain, config: { ExposedPorts: { '80/tcp': null } } })).config).to.deep.equal({
      ExposedPorts: { '80/tcp': {} },
    });
  });
});
