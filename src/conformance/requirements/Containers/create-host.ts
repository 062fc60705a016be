import type { Spec } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { kept as keptOf, refused as refusedOf } from './create.js';

const why = 'A container must not have more or less of the host than was asked for.';

/** A member of HostConfig that inspect returns unchanged. */
function kept(id: string, member: string, value: unknown, more: Partial<Member> = {}): Member {
  const [title, HostConfig] = [`HostConfig.${member} is kept`, { [member]: value }];
  const path = ['HostConfig', member];
  return keptOf(`host-${id}`, title, { HostConfig }, path, value, { pointer: '/definitions/HostConfig', why, ...more });
}

/** A host's part that is refused. */
const refused = (id: string, title: string, HostConfig: Spec, more: Partial<Member> = {}): Member =>
  refusedOf(`host-${id}`, title, { HostConfig }, more);

const limits = { features: ['containers', 'limits'] } as const;
const seen = { observed: true } as const;
const megabytes = 1024 * 1024;

/** Creating containers: the host's part, mounts and networks. */
export const createHost: readonly Requirement[] = containers(
  { operationId: 'ContainerCreate', pointer: operationPointer('POST', '/containers/create') },
  [
    kept('auto-remove', 'AutoRemove', true),
    kept('privileged', 'Privileged', true),
    kept('read-only', 'ReadonlyRootfs', true),
    kept('publish-all', 'PublishAllPorts', true),
    kept('extra-hosts', 'ExtraHosts', ['one:10.0.0.1']),
    kept('dns', 'Dns', ['10.0.0.53']),
    kept('dns-search', 'DnsSearch', ['example.test']),
    kept('group-add', 'GroupAdd', ['tester']),
    {
      id: 'host-tmpfs',
      title: 'HostConfig.Tmpfs is kept, with its options',
      pointer: '/definitions/HostConfig',
      why,
      async check(d) {
        const { id } = await d.create({ HostConfig: { Tmpfs: { '/run': 'size=64k' } } });
        const options = (await d.inspect(id)).at('HostConfig', 'Tmpfs', '/run').string().split(',');
        demand(options.includes('size=64k'), 'options of /run', 'size=64k among them', options);
      },
    },
    kept('sysctls', 'Sysctls', { 'net.ipv4.ip_forward': '1' }),
    kept('ulimits', 'Ulimits', [{ Name: 'nofile', Hard: 64, Soft: 32 }]),
    kept('shm-size', 'ShmSize', 8 * megabytes),
    kept('oom-score', 'OomScoreAdj', 100),
    kept('init', 'Init', true),
    kept('annotations', 'Annotations', { 'org.example.mine': 'x' }, { since: '1.43' }),
    kept('restart-policy', 'RestartPolicy', { Name: 'on-failure', MaximumRetryCount: 3 }),
    kept('memory', 'Memory', 64 * megabytes, limits),
    kept('memory-reservation', 'MemoryReservation', 32 * megabytes, limits),
    kept('nano-cpus', 'NanoCpus', 500_000_000, limits),
    kept('cpu-shares', 'CpuShares', 512, limits),
    kept('pids-limit', 'PidsLimit', 50, limits),
    {
      id: 'host-capabilities',
      title: 'CapAdd and CapDrop are kept, with or without CAP_',
      why,
      async check(d) {
        const { id } = await d.create({ HostConfig: { CapAdd: ['NET_ADMIN'], CapDrop: ['CAP_CHOWN'] } });
        const host = (await d.inspect(id)).at('HostConfig');
        const bare = (member: string): string[] =>
          host
            .at(member)
            .array()
            .map((one) => one.string().replace(/^CAP_/, ''));
        same(bare('CapAdd'), ['NET_ADMIN'], 'CapAdd');
        same(bare('CapDrop'), ['CHOWN'], 'CapDrop');
      },
    },
    {
      id: 'host-shm-default',
      title: 'shared memory has 64 MiB unless told',
      observed: true,
      why: 'Databases count on it.',
      async check(d) {
        (await d.inspect((await d.create()).id)).at('HostConfig', 'ShmSize').is(64 * megabytes);
      },
    },
    {
      id: 'host-restart-default',
      title: 'without a restart policy there is none',
      why: 'A container that was to end must not come back.',
      async check(d) {
        const name = (await d.inspect((await d.create()).id)).at('HostConfig', 'RestartPolicy', 'Name').value;
        demand(name === 'no' || name === '', 'HostConfig.RestartPolicy.Name', 'no', name);
      },
    },
    refused('restart-unknown', 'a restart policy that is none is refused', { RestartPolicy: { Name: 'sometimes' } }),
    refused(
      'restart-tries-always',
      'a number of tries for the policy always is refused',
      { RestartPolicy: { Name: 'always', MaximumRetryCount: 2 } },
      seen,
    ),
    refused(
      'remove-and-restart',
      'AutoRemove with a restart policy is refused',
      { AutoRemove: true, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
      { why: 'One says that it goes, the other that it comes back.' },
    ),
    refused('memory-small', 'less memory than 6 MiB is refused', { Memory: megabytes }, { ...seen, ...limits }),
    refused(
      'memory-swap',
      'swap that is less than memory is refused',
      { Memory: 64 * megabytes, MemorySwap: 32 * megabytes },
      limits,
    ),
    refused(
      'cpus-twice',
      'processors by number and by quota are refused',
      { NanoCpus: 1_000_000_000, CpuQuota: 1000 },
      {
        ...limits,
        ...seen,
      },
    ),
    refused('shm-negative', 'a negative size of shared memory is refused', { ShmSize: -1 }, seen),
    refused('oom-score-range', 'OomScoreAdj beyond 1000 is refused', { OomScoreAdj: 1001 }, seen),
    refused('capability-unknown', 'a capability that is none is refused', { CapAdd: ['NOTHING'] }, seen),
    refused('port-malformed', 'a published port that is none is refused', {
      PortBindings: { '80/tcp': [{ HostPort: 'x' }] },
    }),
    refused('mount-type', 'a mount of an unknown type is refused', { Mounts: [{ Type: 'none', Target: '/m' }] }),
    refused('mount-target', 'a mount without a target is refused', { Mounts: [{ Type: 'tmpfs' }] }),
    refused(
      'mount-twice',
      'two mounts at one place are refused',
      { Mounts: [1, 2].map(() => ({ Type: 'tmpfs', Target: '/m' })) },
      seen,
    ),
    {
      id: 'host-network-none',
      title: 'NetworkMode none leaves the container without another network',
      why,
      async check(d) {
        const found = await d.inspect((await d.create()).id);
        found.at('HostConfig', 'NetworkMode').is('none');
        const networks = Object.keys(found.at('NetworkSettings', 'Networks').object());
        // Whether none is a network of its own, nothing published says.
        same(
          networks.filter((name) => name !== 'none'),
          [],
          'Networks',
        );
      },
    },
    {
      id: 'host-port-bindings',
      title: 'PortBindings are kept',
      why,
      async check(d) {
        const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18080' }] };
        // Without a network there is nothing to publish.
        const HostConfig = { NetworkMode: 'default', PortBindings };
        const { id } = await d.create({ ExposedPorts: { '80/tcp': {} }, HostConfig });
        (await d.inspect(id)).at('HostConfig', 'PortBindings').is(PortBindings);
      },
    },
    {
      id: 'console-size',
      title: 'HostConfig.ConsoleSize is kept',
      since: '1.42',
      why: 'Programs draw by it from their first line on.',
      async check(d) {
        const { id } = await d.create({ Tty: true, HostConfig: { ConsoleSize: [11, 33] } });
        (await d.inspect(id)).at('HostConfig', 'ConsoleSize').is([11, 33]);
      },
    },
    {
      id: 'anonymous-volume',
      title: 'Volumes makes a volume without a name and mounts it',
      features: ['containers', 'volumes'],
      why: 'Data outlives the layer.',
      async check(d) {
        const found = await d.inspect((await d.create({ Volumes: { '/v': {} } })).id);
        const [mount, ...more] = found.at('Mounts').array();
        same(more.length, 0, 'further mounts');
        mount?.at('Type').is('volume');
        mount?.at('Destination').is('/v');
        mount?.at('RW').is(true);
        const name = mount?.at('Name').matches(/^[0-9a-f]{64}$/).value;
        (await d.api.get(`/volumes/${String(name)}`)).status(200);
      },
    },
    {
      id: 'bind-of-volume',
      title: 'a bind whose source is a name mounts that volume',
      features: ['containers', 'volumes'],
      why: 'Several containers share it.',
      async check(d) {
        const name = await d.volume();
        const found = await d.inspect((await d.create({ HostConfig: { Binds: [`${name}:/v:ro`] } })).id);
        const [mount] = found.at('Mounts').array();
        mount?.at('Name').is(name);
        mount?.at('Destination').is('/v');
        mount?.at('RW').is(false);
      },
    },
    {
      id: 'mount-of-volume',
      title: 'a mount of the type volume mounts that volume',
      features: ['containers', 'volumes'],
      pointer: '/definitions/Mount',
      why: 'Several containers share it.',
      async check(d) {
        const Source = await d.volume();
        const Mounts = [{ Type: 'volume', Source, Target: '/v', ReadOnly: true }];
        const [mount] = (await d.inspect((await d.create({ HostConfig: { Mounts } })).id)).at('Mounts').array();
        mount?.at('Type').is('volume');
        mount?.at('Name').is(Source);
        mount?.at('RW').is(false);
      },
    },
    {
      id: 'mount-of-memory',
      title: 'a mount of the type tmpfs is there and empty',
      observed: true,
      why: 'Secrets are kept off the disk.',
      async check(d) {
        const Mounts = [{ Type: 'tmpfs', Target: '/files' }];
        const { code } = await d.ran(['cat', '/files/a.txt'], { HostConfig: { Mounts } });
        same(code, 1, 'exit code of reading a file below the mount');
      },
    },
    {
      id: 'network-absent',
      title: 'a network that is not there is answered 404, at create or at start',
      observed: true,
      why: 'Clients make it then.',
      async check(d) {
        const answer = await d.attempt({ HostConfig: { NetworkMode: d.unique('none') } });
        if (answer.exchange.status === 404) return;
        const id = answer.status(201).json().at('Id').string();
        (await d.api.post(`/containers/${id}/start`)).error(404);
      },
    },
    {
      id: 'healthcheck',
      title: 'Healthcheck is kept',
      pointer: '/definitions/HealthConfig',
      why: 'Orchestrators wait for it.',
      async check(d) {
        const Healthcheck = { Test: ['CMD', 'true'], Interval: 2_000_000_000, Timeout: 1_000_000_000, Retries: 4 };
        const found = (await d.inspect((await d.create({ Healthcheck })).id)).at('Config', 'Healthcheck');
        for (const [member, value] of Object.entries(Healthcheck)) found.at(member).is(value);
      },
    },
    {
      id: 'healthcheck-of-image',
      title: "without a health check the image's is taken",
      images: ['configured'],
      observed: true,
      why: 'It is what images are made for.',
      async check(d) {
        const { id } = await d.create({ Image: d.image('configured') });
        (await d.inspect(id)).at('Config', 'Healthcheck', 'Test').is(['CMD', 'cat', '/tmp/healthy']);
      },
    },
    {
      id: 'healthcheck-negative',
      title: 'a negative interval of health checks is refused',
      observed: true,
      pointer: '/definitions/HealthConfig',
      why: 'It could never pass.',
      async check(d) {
        (await d.attempt({ Healthcheck: { Test: ['CMD', 'true'], Interval: -1 } })).error(400);
      },
    },
  ],
);
