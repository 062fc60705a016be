import { expect } from 'chai';
import { updateRequestType } from '../../../src/engine/containers/create/resources.js';
import { inspectContainer } from '../../../src/engine/containers/inspect.js';
import { renameContainer } from '../../../src/engine/containers/rename.js';
import { startContainer } from '../../../src/engine/containers/run/start.js';
import { containerTop } from '../../../src/engine/containers/top.js';
import { updateContainer } from '../../../src/engine/containers/update.js';
import { textMatcher } from '../../../src/engine/pattern.js';
import { decodeJson } from '../../../src/support/go/json.js';
import type { FileSystem } from '../../../src/support/sandbox/fs/types.js';
import { refusal } from '../support.js';
import { type ContainerEngine, create, openContainers, run } from './support.js';

const MB = 1_000_000;

describe('What is asked of a container', () => {
  let engine: ContainerEngine;
  before(async () => {
    engine = await openContainers();
  });
  after(() => engine.close());

  const host = (more: object): object => ({ HostConfig: { NetworkMode: 'none', ...more } });
  const refused = async (more: object): Promise<string> => (await refusal(() => create(engine.context, host(more))))[0];
  const update = (name: string, more: object): void =>
    void updateContainer(
      engine.context,
      name,
      decodeJson(Buffer.from(JSON.stringify(more)), updateRequestType),
      '1.55',
    );

  it('is refused as dockerd refuses it', async () => {
    const log = (size: string): object => ({
      LogConfig: { Type: 'json-file', Config: { mode: 'non-blocking', 'max-buffer-size': size } },
    });
    expect(await refused(log('zz'))).to.equal('INVALID_ARGUMENT');
    expect(await refused(log('-5'))).to.equal('INVALID_ARGUMENT');
    expect(await refused({ ExtraHosts: ['b=1.2.3.4'] })).to.equal('INVALID_ARGUMENT');
    expect(await refused({ Links: ['a:b:c'], NetworkMode: 'default' })).to.equal('INTERNAL');
    const sysctls = { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.eth0.x=1' } };
    const networking = { NetworkingConfig: { EndpointsConfig: { bridge: sysctls } } };
    expect((await refusal(() => create(engine.context, networking)))[0]).to.equal('INVALID_ARGUMENT');
  });

  it('is gone through once, however long it is', async () => {
    const long = (char: string): string => char.repeat(1_000_000);
    expect(await refused({ ExtraHosts: [`a:${long(':')}x`] })).to.equal('INVALID_ARGUMENT');
    const { id } = await create(engine.context, host({}));
    expect((await refusal(() => containerTop(engine.context, id, `-o${long(' ')}`)))[0]).to.equal('CONFLICT');
    expect((await textMatcher(`${'a*'.repeat(2000)}b`))(long('a'))).to.equal(false);
  });

  it('is shown as it was said', async () => {
    const { id } = await create(engine.context, host({ Init: false, SecurityOpt: ['apparmor=mine'] }));
    const shown = inspectContainer(engine.context, id, { apiVersion: '1.55', size: false });
    expect(shown).to.have.property('AppArmorProfile', 'mine');
    expect(JSON.stringify(shown)).to.contain('"Init":false');
  });

  it('may be a tmpfs of less than a page, or without bounds', async () => {
    for (const SizeBytes of [1, -1])
      await create(engine.context, host({ Mounts: [{ Type: 'tmpfs', Target: '/x', TmpfsOptions: { SizeBytes } }] }));
  });

  it('is looked at again when it starts, and by the kernel where it runs', async () => {
    const bounds = { Memory: 100 * MB, MemorySwap: 200 * MB };
    await create(engine.context, host(bounds), 'waits');
    update('waits', { MemorySwap: 50 * MB });
    expect((await refusal(() => startContainer(engine.context, 'waits')))[0]).to.equal('INVALID_ARGUMENT');
    const { hostConfig } = await run(engine.context, host(bounds), 'runs');
    expect((await refusal(() => update('runs', { MemorySwap: 50 * MB })))[0]).to.equal('INTERNAL');
    expect(hostConfig.MemorySwap).to.equal(200 * MB);
  });

  it('names the new name with its slash where it cannot be', async () => {
    await create(engine.context, {}, 'old');
    const [code, message] = await refusal(() => renameContainer(engine.context, 'old', '-a'));
    expect(code).to.equal('INVALID_ARGUMENT');
    expect(message).to.contain('(/-a)');
  });

  it('may be very many mounts, which are asked for once', async () => {
    const tmpfs = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`/t${i}`, '']));
    const container = await create(engine.context, host({ Tmpfs: tmpfs }), 'mounts');
    const files = container.fileSystem as FileSystem;
    let asked = 0;
    const { mounts } = files;
    files.mounts = function (this: FileSystem) {
      asked++;
      return mounts.call(this);
    };
    await startContainer(engine.context, 'mounts');
    expect(mounts.call(files).size).to.be.at.least(500);
    expect(asked).to.be.below(10);
  });

  it('is no more elements than are answered at once, mounts than can be told, and ports than can be open', async () => {
    const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`);
    const codeOf = async (act: () => unknown): Promise<string> => (await refusal(act))[0];
    expect(await codeOf(() => create(engine.context, { Env: many(25_001) }))).to.equal('INVALID_ARGUMENT');
    const volumes = Object.fromEntries(many(5000).map((name) => [`/${name}`, {}]));
    expect(await codeOf(() => create(engine.context, { Volumes: volumes }))).to.equal('INVALID_ARGUMENT');
    expect(engine.context.volumes.list()).to.have.length(0);
    const ports = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${i + 1}/udp`, [{ HostPort: '' }]]));
    await create(engine.context, { HostConfig: { PortBindings: ports } }, 'ports');
    expect(await codeOf(() => startContainer(engine.context, 'ports'))).to.equal('INTERNAL');
  });
});
