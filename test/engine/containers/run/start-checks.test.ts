import { expect } from 'chai';
import { failure } from '../../support.js';
import { type ContainerEngine, openContainers, run } from '../support.js';

/** The words of a start that runc refuses. */
const runc =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ';
const logging = 'failed to create task for container: failed to initialize logging driver: ';

const device = (path: string) => ({
  Devices: [{ PathOnHost: path, PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }],
});
const gathering = (path: string): string =>
  `error gathering device information while adding custom device "${path}": no such file or directory`;
const jsonFile = (options: Record<string, string>) => ({ LogConfig: { Type: 'json-file', Config: options } });

describe('what only the start of a container looks at', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
  });
  afterEach(() => engine.close());

  const cases: readonly (readonly [what: string, host: object, why: string])[] = [
    ['a device that is not there', device('/dev/nope'), gathering('/dev/nope')],
    ['a device without a path', { Devices: [{}] }, gathering('')],
    ['a rule for devices', { DeviceCgroupRules: ['x 1:3 r'] }, "invalid device cgroup rule format: 'x 1:3 r'"],
    ['an option of memory that is mounted', { Tmpfs: { '/t': 'size=1k,odd=1' } }, 'invalid tmpfs option "odd"'],
    [
      'a runtime that is not installed',
      { Runtime: 'io.containerd.runc.v9' },
      'failed to create task for container: failed to start shim: failed to resolve runtime path: runtime ' +
        '"io.containerd.runc.v9" binary not installed "containerd-shim-runc-v9": file does not exist',
    ],
    [
      'a parameter of the whole kernel',
      { Sysctls: { odd: '1' } },
      `${runc}sysctl "odd" is not in a separate kernel namespace`,
    ],
    [
      "a parameter of the host's network",
      { NetworkMode: 'host', Sysctls: { 'net.ipv4.ip_forward': '1' } },
      `${runc}sysctl "net.ipv4.ip_forward" not allowed in host network namespace`,
    ],
    [
      "a parameter of the host's messages",
      { IpcMode: 'host', Sysctls: { 'kernel.msgmax': '1' } },
      `${runc}sysctl "kernel.msgmax" is not allowed in the hosts ipc namespace`,
    ],
    [
      'the name of the host as a parameter',
      { Sysctls: { 'kernel.hostname': 'x' } },
      `${runc}sysctl "kernel.hostname" is not allowed as it conflicts with the OCI "hostname" field`,
    ],
    [
      'a bound that no kernel has',
      { Ulimits: [{ Name: 'odd', Soft: 1, Hard: 1 }] },
      `${runc}wrong rlimit value: RLIMIT_ODD`,
    ],
    [
      'a driver of devices that is not there',
      { DeviceRequests: [{ Driver: 'odd', Capabilities: [['a', 'b'], ['c']] }] },
      'could not select device driver "odd" with capabilities: [[a b] [c]]',
    ],
    [
      'a graphics card',
      { DeviceRequests: [{ Capabilities: [['gpu']] }] },
      'failed to discover GPU vendor from CDI: no known GPU vendor found',
    ],
    [
      'a bound for a disk that is not there',
      { BlkioDeviceReadBps: [{ Path: '/nope', Rate: 10 }] },
      'stat /nope: no such file or directory',
    ],
    [
      'a size of local logs that is none',
      { LogConfig: { Type: 'local', Config: { 'max-size': 'x' } } },
      `${logging}invalid value for max-size: x: invalid size: 'x'`,
    ],
    ['a size of logs that is none', jsonFile({ 'max-size': 'x' }), `${logging}invalid size: 'x'`],
    ['no log file', jsonFile({ 'max-size': '1k', 'max-file': '0' }), `${logging}max-file cannot be less than 1`],
    [
      'one log file that is to be packed',
      jsonFile({ compress: 'true', 'max-size': '1k' }),
      `${logging}compress cannot be true when max-file is less than 2 or max-size is not set`,
    ],
  ];
  for (const [what, host, why] of cases)
    it(`refuses ${what}, and leaves the container as it was made`, async () => {
      const { code, message } = await failure(() =>
        run(engine.context, { HostConfig: { NetworkMode: 'none', ...host } }),
      );
      expect([code, message]).to.deep.equal(['INTERNAL', why]);
      const [container] = engine.context.containers.list();
      expect([container?.state.status, container?.state.exitCode, container?.state.error]).to.deep.equal([
        'created',
        128,
        why,
      ]);
    });

  it('takes what the machine has', async () => {
    const host = {
      ...device('/dev/null'),
      DeviceCgroupRules: ['c 1:3 mr', 'a *:* rwm'],
      Tmpfs: { '/t': 'ro,size=64k,mode=700' },
      Sysctls: { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '1' },
      Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
      BlkioDeviceReadBps: [{ Path: '/dev/null', Rate: 10 }],
      ShmSize: 1,
      ...jsonFile({ compress: 'true', 'max-size': '1k', 'max-file': '2' }),
    };
    const container = await run(engine.context, { HostConfig: { NetworkMode: 'none', ...host } });
    expect(container.state.status).to.equal('running');
  });
});
