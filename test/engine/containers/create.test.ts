import { expect } from 'chai';
import { readCreateRequest } from '../../../src/engine/containers/create-request.js';
import { startContainer } from '../../../src/engine/containers/start.js';
import { failure, refusal } from '../support.js';
import { type ContainerEngine, create, openContainers, run } from './support.js';

describe('creating containers', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
  });
  afterEach(() => engine.close());

  for (const body of ['{}', '{"HostConfig":{"NetworkMode":"none"}}', 'null'])
    it(`refuses a request without any configuration: ${body}`, async () => {
      const { code, message } = await failure(() => readCreateRequest(Buffer.from(body), '1.55'));
      expect([code, message]).to.deep.equal([
        'INVALID_ARGUMENT',
        'config cannot be empty in order to create a container',
      ]);
    });

  it('takes a member of any case, and null, for a configuration', () => {
    expect(readCreateRequest(Buffer.from('{"cmd":null}'), '1.55').config.Cmd).to.equal(undefined);
  });

  it('refuses links to what is not there, and makes nothing', async () => {
    const linked = { HostConfig: { NetworkMode: 'bridge', Links: ['nobody'] } };
    expect(await refusal(() => create(engine.context, linked, 'web'))).to.deep.equal([
      'INVALID_ARGUMENT',
      'could not get container for nobody: No such container: nobody',
    ]);
    expect(engine.context.containers.list()).to.deep.equal([]);
    await create(engine.context, {}, 'web');
  });

  it('refuses to see the processes or memory of nobody, and starts only beside one that runs', async () => {
    const { context } = engine;
    for (const mode of ['PidMode', 'IpcMode']) {
      const shared = (name: string) => ({ HostConfig: { NetworkMode: 'none', [mode]: `container:${name}` } });
      expect(await refusal(() => create(context, shared('nobody')))).to.deep.equal([
        'INVALID_ARGUMENT',
        'No such container: nobody',
      ]);
      const other = await create(context, { HostConfig: { NetworkMode: 'none', IpcMode: 'shareable' } });
      const { code, message } = await failure(() => run(context, shared(other.id)));
      const kind = mode.slice(0, 3).toUpperCase();
      expect([code, message]).to.deep.equal([
        'INTERNAL',
        `failed to join ${kind} namespace: container ${other.id} is not running`,
      ]);
      await startContainer(context, other.id);
      await run(context, shared(other.id));
    }
  });

  it('makes the directory that commands begin in', async () => {
    const { fileSystem } = await create(engine.context, { WorkingDir: '/foo/bar' });
    expect(fileSystem?.changes()).to.deep.equal([
      { path: '/foo', kind: 1 },
      { path: '/foo/bar', kind: 1 },
    ]);
    expect(await refusal(() => create(engine.context, { WorkingDir: '/etc/hosts' }))).to.deep.equal([
      'INTERNAL',
      'Cannot mkdir: /etc/hosts is not a directory',
    ]);
  });

  it('makes no volume where memory is mounted', async () => {
    const more = { Volumes: { '/foo': {} }, HostConfig: { NetworkMode: 'none', Tmpfs: { '/foo': '' } } };
    const { mounts, fileSystem } = await run(engine.context, more);
    expect(mounts).to.deep.equal([]);
    expect(engine.context.volumes.list()).to.deep.equal([]);
    expect(fileSystem?.mounts().get('/foo')?.type).to.equal('tmpfs');
  });
});
