import { expect } from 'chai';
import { createContainer, originOf } from '../../../../src/engine/containers/create/create.js';
import { readCreateRequest } from '../../../../src/engine/containers/create/create-request.js';
import { startContainer } from '../../../../src/engine/containers/run/start.js';
import { removeImage } from '../../../../src/engine/images/remove.js';
import { failure, load, openEngine, refusal } from '../../support.js';
import { type ContainerEngine, create, openContainers, run } from '../support.js';

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

  it('takes another platform that is there before its own that is not', async () => {
    const other = await openEngine();
    await load(other.context, 'att-multi');
    expect((await originOf(other.context, 'att-multi', undefined)).platform.architecture).to.equal('amd64');
    const amd64 = { os: 'linux', architecture: 'amd64' };
    await removeImage(other.context, 'att-multi', { platforms: [amd64], force: true });
    expect((await originOf(other.context, 'att-multi', undefined)).platform.architecture).to.equal('arm64');
    await other.close();
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

  it('refuses a link without a container’s name, and makes nothing', async () => {
    const linked = { HostConfig: { NetworkMode: 'bridge', Links: [':al'] } };
    expect(await refusal(() => create(engine.context, linked, 'web'))).to.deep.equal([
      'INVALID_ARGUMENT',
      'could not get container for : invalid name or ID supplied: ""',
    ]);
    expect(engine.context.containers.list()).to.deep.equal([]);
  });

  it('warns of links on the default bridge alone', async () => {
    await create(engine.context, {}, 'zz');
    const warnings = async (mode: string): Promise<readonly string[]> => {
      const body = { Cmd: ['program'], HostConfig: { NetworkMode: mode, Links: ['zz:al'] } };
      const parts = readCreateRequest(Buffer.from(JSON.stringify(body)), '1.55');
      return (await createContainer(engine.context, parts, { name: '', platform: undefined })).warnings;
    };
    const text =
      'Links on the default bridge network are deprecated and will be removed in a future release. Use a custom network instead.';
    expect([await warnings('bridge'), await warnings('default'), await warnings('none')]).to.deep.equal([
      [text],
      [text],
      [],
    ]);
  });

  const refused: readonly (readonly [what: string, host: object, code: string])[] = [
    ['a volume with a propagation', { Binds: ['vol:/x:rslave'] }, 'INTERNAL'],
    ['a path that is not to be copied', { Binds: ['/tmp:/x:nocopy'] }, 'INTERNAL'],
    ['an unknown consistency', { Binds: ['vol:/x:default'] }, 'INTERNAL'],
    ['an address in brackets', { ExtraHosts: ['a:[::1]'] }, 'INVALID_ARGUMENT'],
    ['a runtime without a dot', { Runtime: 'odd' }, 'INVALID_ARGUMENT'],
    ['a path for a runtime', { Runtime: '/usr/bin/a.b' }, 'INVALID_ARGUMENT'],
    [
      'an option that local logs do not have',
      { LogConfig: { Type: 'local', Config: { odd: '1' } } },
      'INVALID_ARGUMENT',
    ],
    [
      'an option that syslog does not have',
      { LogConfig: { Type: 'syslog', Config: { odd: '1' } } },
      'INVALID_ARGUMENT',
    ],
    ['gelf without an address', { LogConfig: { Type: 'gelf' } }, 'INVALID_ARGUMENT'],
    ['awslogs without a group', { LogConfig: { Type: 'awslogs' } }, 'INVALID_ARGUMENT'],
    ['no truth about a cache', { LogConfig: { Type: 'local', Config: { 'cache-disabled': 'x' } } }, 'INVALID_ARGUMENT'],
  ];
  for (const [what, host, code] of refused)
    it(`refuses ${what}`, async () => {
      const wanted = { HostConfig: { NetworkMode: 'none', ...host } };
      expect((await refusal(() => create(engine.context, wanted)))[0]).to.equal(code);
    });

  it('takes what only the start refuses: a runtime that is not there, memory of a container without a name', async () => {
    await create(engine.context, { HostConfig: { NetworkMode: 'none', Runtime: 'a.b' } });
    const wanted = { HostConfig: { NetworkMode: 'none', IpcMode: 'container:' } };
    expect(await refusal(() => run(engine.context, wanted))).to.deep.equal([
      'INVALID_ARGUMENT',
      'failed to join IPC namespace: invalid name or ID supplied: ""',
    ]);
  });

  it('mounts memory that cannot be written to, by the last word about it', async () => {
    const host = { NetworkMode: 'none', Tmpfs: { '/t': 'rw,ro', '/u': 'ro,rw' } };
    const { fileSystem } = await run(engine.context, { HostConfig: host });
    expect((await failure(() => fileSystem?.mkdir('/t/x'))).message).to.match(/read-only/i);
    fileSystem?.mkdir('/u/x');
  });

  it('takes mounts of another container without their modes', async () => {
    await create(engine.context, { HostConfig: { NetworkMode: 'none', Binds: ['vol:/x:ro'] } }, 'zz');
    const { mounts } = await create(engine.context, { HostConfig: { NetworkMode: 'none', VolumesFrom: ['zz'] } });
    expect(mounts.map(({ Mode, RW }) => [Mode, RW])).to.deep.equal([['', false]]);
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
