import { expect } from 'chai';
import { type ContainerEngine, openContainers, run } from '../containers/support.js';
import { refusal } from '../support.js';

describe('The device of a volume', () => {
  let engine: ContainerEngine;
  before(async () => {
    engine = await openContainers();
    engine.context.machine.mkdir('/srv/there', { recursive: true });
    engine.context.machine.writeFile('/srv/file', 'x');
  });
  after(() => engine.close());

  let count = 0;
  const start = async (options: Record<string, string>): Promise<readonly [code: string, why: string]> => {
    const name = `v${++count}0`;
    engine.context.volumes.create({ Name: name, DriverOpts: options });
    const starting = run(engine.context, { HostConfig: { NetworkMode: 'none', Binds: [`${name}:/data`] } });
    const [code, message] = await refusal(() => starting);
    const [, rest = message] = message.split(`failed to mount local volume: mount ${options.device}:`);
    return [code, rest.replace(/^.*_data/, '')];
  };

  const cases: readonly (readonly [options: Record<string, string>, why: string])[] = [
    [{ type: 'none', o: 'bind', device: '/nope' }, ', flags: 0x1000: no such file or directory'],
    [{ type: 'bind', o: 'rbind,ro', device: '/nope' }, ', flags: 0x5001: no such file or directory'],
    [{ type: 'none', o: 'bind', device: '/srv/file' }, ', flags: 0x1000: not a directory'],
    [{ type: 'none', device: '/srv/there' }, ': no such device'],
    [{ type: 'ext4', device: '/dev/nope' }, ': no such file or directory'],
    [{ type: 'ext4', device: '/dev/null', o: 'rw,data=x' }, ', data: data=x: block device required'],
    [{ type: 'odd', device: 'x', o: 'password=secret' }, ', data: password=********: no such device'],
  ];
  for (const [options, why] of cases)
    it(`keeps a container from its start: ${JSON.stringify(options)}`, async () => {
      expect(await start(options)).to.deep.equal(['INTERNAL', why]);
    });

  for (const options of [
    { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' },
    { type: 'none', o: 'bind', device: '/srv/there' },
    { type: 'nfs', o: 'addr=192.0.2.1', device: ':/x' },
  ])
    it(`is mounted: ${JSON.stringify(options)}`, async () => {
      const name = `m${++count}0`;
      engine.context.volumes.create({ Name: name, DriverOpts: options });
      await run(engine.context, { HostConfig: { NetworkMode: 'none', Binds: [`${name}:/data`] } });
    });
});
