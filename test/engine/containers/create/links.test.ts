import { expect } from 'chai';
import { inspectContainer } from '../../../../src/engine/containers/inspect.js';
import { listContainers } from '../../../../src/engine/containers/list.js';
import { removeByName } from '../../../../src/engine/containers/remove.js';
import { renameContainer } from '../../../../src/engine/containers/rename.js';
import { startContainer } from '../../../../src/engine/containers/run/start.js';
import { parsed, refusal } from '../../support.js';
import { type ContainerEngine, create, openContainers, run } from '../support.js';

describe('Links between containers', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
    await create(engine.context, {}, 'zz');
  });
  afterEach(() => engine.close());

  const linked = (...Links: string[]): object => ({ HostConfig: { NetworkMode: 'bridge', Links } });
  const names = async (): Promise<string[][]> => {
    const options = { apiVersion: '1.55', all: true, size: false, limit: 0, filters: new Map() };
    return parsed(await listContainers(engine.context, options)).map(({ Names }: { Names: string[] }) => Names);
  };
  const links = async (name: string): Promise<string[] | null> =>
    parsed(await inspectContainer(engine.context, name, { apiVersion: '1.55', size: false })).HostConfig.Links;

  it('give the other one a further name for each alias, the first time that it is given', async () => {
    await create(engine.context, linked('zz:q1', 'zz:a1', 'zz:q1'), 'ab');
    expect(await names()).to.deep.equal([['/ab'], ['/ab/a1', '/ab/q1', '/zz']]);
    expect(await links('ab')).to.deep.equal(['/zz:/ab/q1', '/zz:/ab/a1']);
    expect(engine.context.containers.resolve('ab/q1').name).to.equal('/zz');
  });

  it('follow new names of both', async () => {
    await create(engine.context, linked('zz:al'), 'ab');
    renameContainer(engine.context, 'ab/al', 'y2');
    renameContainer(engine.context, 'ab', 'ac');
    expect(await names()).to.deep.equal([['/ac'], ['/ac/al', '/y2']]);
    expect(await links('ac')).to.deep.equal(['/y2:/ac/al']);
  });

  it('are removed by their names, and with either end', async () => {
    await create(engine.context, linked('zz:/al', 'zz:am'), 'ab');
    expect(await refusal(() => removeByName(engine.context, 'zz', { link: true }))).to.deep.equal([
      'INTERNAL',
      'Conflict, cannot remove the default link name of the container',
    ]);
    await removeByName(engine.context, 'ab/al', { link: true });
    expect(await links('ab')).to.deep.equal(['/zz:/ab/am']);
    expect((await refusal(() => removeByName(engine.context, 'ab/al', { link: true })))[0]).to.equal('NOT_FOUND');
    await removeByName(engine.context, 'ab', {});
    expect(await names()).to.deep.equal([['/zz']]);
    await create(engine.context, linked('zz:al'), 'ad');
    await removeByName(engine.context, 'zz', {});
    expect(await names()).to.deep.equal([['/ad']]);
    expect(await links('ad')).to.deep.equal(['/zz:/ad/al']);
  });

  it('keep a container from starting until the other one runs', async () => {
    await create(engine.context, linked('zz:al'), 'ab');
    const start = (): Promise<void> => startContainer(engine.context, 'ab');
    expect(await refusal(start)).to.deep.equal(['INTERNAL', 'Cannot link to a non running container: /zz AS /ab/al']);
    await startContainer(engine.context, 'zz');
    await start();
    expect(engine.context.containers.resolve('ab').state.running).to.equal(true);
  });

  it('count for nothing in networks that users made', async () => {
    const mode = { HostConfig: { NetworkMode: 'mine', Links: ['zz:al'] } };
    await create(engine.context, mode, 'ab');
    expect(await links('ab')).to.equal(null);
    expect((await names())[1]).to.deep.equal(['/zz']);
  });

  it('are there for a container that runs', async () => {
    const other = await run(engine.context, linked(), 'base');
    const { fileSystem } = await run(engine.context, linked('base:al'), 'top');
    renameContainer(engine.context, 'base', 'other');
    expect(fileSystem?.readFile('/etc/hosts').toString()).to.contain(`\tal ${other.config.Hostname} base\n`);
  });
});
