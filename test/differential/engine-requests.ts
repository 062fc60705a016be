/** Sequences of requests about containers, networks and volumes. */
import fc from 'fast-check';
import type { Step } from './requests.js';

/** What the sequences call their things: nothing that an id could begin with. */
export const CONTAINERS = ['k1', 'k2', 'k3'];
export const NETWORKS = ['n1', 'n2'];
export const VOLUMES = ['v1', 'v2'];

const PREFIXES = ['/v1.40', '/v1.43', '/v1.44', '/v1.48', '/v1.51', '/v1.52', '/v1.55'];
const BOOLEANS = ['1', '0', 'true', 'false', 'no', '', 'x'];
const SUBNETS = ['10.77.0.0/24', '10.77.1.0/24', '10.77.0.0/16', '10.77.0.5/24', 'x', '10.77.0.0/33', 'fd77::/64'];

type Members = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** Mostly one of the first, now and then one of the others. */
const mostly = <T>(usual: readonly T[], odd: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: one(...usual) }, { weight: 1, arbitrary: one(...odd) });

/** An object with a few of the members. */
const some = (members: Members): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .subarray(Object.keys(members), { maxLength: Math.min(3, Object.keys(members).length) })
    .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, members[key] as fc.Arbitrary<unknown>]))));

function withQuery(path: string, parameters: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  return fc.subarray(Object.keys(parameters)).chain((names) =>
    fc.tuple(...names.map((name) => parameters[name] as fc.Arbitrary<string>)).map((values) => {
      const query = values.map((value, at) => `${names[at]}=${encodeURIComponent(value)}`).join('&');
      return query === '' ? path : `${path}?${query}`;
    }),
  );
}

const filters = (values: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<string> => {
  const known = one(...Object.keys(values)).chain((key) =>
    one(...(values[key] as readonly string[])).map((value) => JSON.stringify({ [key]: [value] })),
  );
  return fc.oneof(
    { weight: 8, arbitrary: known },
    { weight: 1, arbitrary: one('{}', '[]', 'x', '{"bogus":["1"]}', '') },
  );
};

const hostConfig: Members = {
  NetworkMode: mostly(['none', 'none', 'host', 'bridge', ...NETWORKS], ['container:k1', 'bogus', 'container:', 'n9']),
  RestartPolicy: one(
    { Name: 'always' },
    { Name: 'on-failure', MaximumRetryCount: 2 },
    { Name: 'no', MaximumRetryCount: 1 },
    { Name: 'on-failure', MaximumRetryCount: -1 },
    { Name: 'bogus' },
  ),
  Memory: mostly([0, 8 << 20], [1, -1, '8']),
  AutoRemove: one(true, false),
  Binds: one(['v1:/data'], ['v1:/data:ro'], ['v1:data'], ['v1:/data', 'v2:/data'], [':/x'], ['v1:/data:bogus']),
  Mounts: one(
    [{ Type: 'volume', Source: 'v2', Target: '/m' }],
    [{ Type: 'volume', Target: '/m', ReadOnly: true }],
    [{ Type: 'tmpfs', Target: '/t' }],
    [{ Type: 'tmpfs', Source: 'v1', Target: '/t' }],
    [{ Type: 'bogus', Target: '/t' }],
    [{ Type: 'volume', Source: 'v2' }],
  ),
  CapAdd: one(['NET_ADMIN'], ['cap_net_admin'], ['BOGUS'], ['ALL']),
  PidMode: one('host', 'container:k1', 'bogus'),
  IpcMode: one('shareable', 'none', 'bogus'),
  ShmSize: one(1 << 20, -1),
  ReadonlyRootfs: one(true, false),
  LogConfig: one({ Type: 'none' }, { Type: 'json-file', Config: { 'max-size': '1m' } }, { Type: 'bogus' }),
  Ulimits: one([{ Name: 'nofile', Soft: 10, Hard: 20 }], [{ Name: 'nofile', Soft: 20, Hard: 10 }]),
  OomScoreAdj: one(10, 2000),
};

const config: Members = {
  Env: one(['A=b'], ['A'], ['=b'], []),
  Labels: one({ a: 'b' }, {}, null),
  User: one('root', 'nobody', '1:1', ''),
  WorkingDir: one('/', '/tmp', 'rel', '/new/one'),
  Hostname: one('host', ''),
  Tty: one(true, false),
  OpenStdin: one(true, false),
  StopSignal: one('SIGTERM', '9', 'BOGUS'),
  StopTimeout: one(1, 0),
  Entrypoint: one(['sleep'], [], null),
  Volumes: one({ '/vol': {} }, {}),
  ExposedPorts: one({ '80/tcp': {} }, { x: {} }),
  Healthcheck: one(
    { Test: ['NONE'] },
    { Test: ['CMD', 'true'], Interval: 3_600_000_000_000 },
    { Test: ['CMD', 'true'], Interval: 1 },
  ),
};

const read = (operation: string, path: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
  path.map((text) => ({ operation, method: 'GET', path: text }));

const write = (
  operation: string,
  method: string,
  path: fc.Arbitrary<string>,
  body: fc.Arbitrary<unknown> = fc.constant(undefined),
): fc.Arbitrary<Step> =>
  fc.tuple(path, body).map(([text, value]) => ({
    operation,
    method,
    path: text,
    writes: true,
    ...(value !== undefined && { body: typeof value === 'string' ? value : JSON.stringify(value) }),
  }));

/**
 * Sequences about a few containers, networks and volumes, so that names mostly find something. Programs run until they are
 * stopped: of what ends by itself, chance decides when a request finds it.
 *
 * @param image which has `sleep`
 */
export function engineSequences(image: string, { maxLength }: { readonly maxLength: number }): fc.Arbitrary<Step[]> {
  const container = mostly(CONTAINERS, ['nowhere', '/k1', 'K1', 'k']);
  const network = mostly(NETWORKS, ['bridge', 'none', 'host', 'nowhere', 'n']);
  const volume = mostly(VOLUMES, ['nowhere', 'v', 'V1']);
  const bool = one(...BOOLEANS);
  const at =
    (kind: string, name: fc.Arbitrary<string>) =>
    (rest: string, parameters: Readonly<Record<string, fc.Arbitrary<string>>> = {}): fc.Arbitrary<string> =>
      name.chain((text) => withQuery(`/${kind}/${text}${rest}`, parameters));
  const ofContainer = at('containers', container);
  const ofNetwork = at('networks', network);
  const ofVolume = at('volumes', volume);

  const endpoints = one({}, { n1: {} }, { n1: { Aliases: ['x'] } }, { bridge: { Aliases: ['x'] } }, { n1: null });
  const created = fc
    .tuple(some(config), some(hostConfig), fc.option(endpoints, { freq: 4 }))
    .map(([own, host, wanted]) => ({
      Image: image,
      Cmd: ['sleep', '1000'],
      ...own,
      HostConfig: { NetworkMode: 'none', ...host },
      ...(wanted !== null && { NetworkingConfig: { EndpointsConfig: wanted } }),
    }));
  const body = fc.oneof(
    { weight: 12, arbitrary: created },
    {
      weight: 1,
      arbitrary: one<unknown>('', '{', '[]', '{}', 'null', { Image: 'nowhere' }, { Image: '' }, { Image: 'UPPER' }),
    },
  );
  const named = mostly(CONTAINERS, ['-x', 'x', 'k1/x', '/k2']).map((name) => `name=${encodeURIComponent(name)}`);
  const create = write(
    'create',
    'POST',
    named.map((name) => `/containers/create?${name}`),
    body,
  );

  const ipam = one(...SUBNETS).chain((Subnet) =>
    some({ Gateway: one('10.77.0.1', '10.78.0.1', 'x'), IPRange: one('10.77.0.128/25', 'x') }).map((rest) => ({
      Config: [{ Subnet, ...rest }],
    })),
  );
  const networkBody = mostly(NETWORKS, ['bridge', '', 'a b']).chain((Name) =>
    some({
      Driver: one('bridge', 'null', 'bogus', 'host', 'overlay'),
      Internal: bool.map((text) => text === '1'),
      Labels: one({ a: 'b' }),
      EnableIPv6: one(true, false),
      IPAM: ipam,
      Options: one({ 'com.docker.network.driver.mtu': '1400' }, { 'com.docker.network.driver.mtu': 'x' }),
    }).map((rest) => ({ Name, ...rest })),
  );
  const volumeBody = mostly(VOLUMES, ['x', 'a/b', '']).chain((Name) =>
    some({
      Driver: one('local', 'bogus'),
      Labels: one({ a: 'b' }),
      DriverOpts: one({ type: 'tmpfs', device: 'tmpfs' }, { bogus: 'x' }, { type: 'tmpfs' }),
    }).map((rest) => ({ ...rest, Name: Name || 'v1' })),
  );
  const update = one(
    {},
    { Memory: 16 << 20, MemorySwap: -1 },
    { Memory: 1 },
    { RestartPolicy: { Name: 'always' } },
    { RestartPolicy: { Name: 'bogus' } },
    { CpuShares: 512 },
  );
  // Without it a program that heeds no signal has ten seconds.
  const quick = mostly(['0'], ['x']);
  const listFilters = filters({
    name: ['k1', 'k', '^/k1$', '['],
    status: ['running', 'exited', 'created', 'bogus'],
    label: ['a', 'a=b', 'x'],
    network: ['n1', 'none', 'nowhere'],
    volume: ['v1', '/data', 'nowhere'],
    exited: ['137', '0', 'x'],
    'is-task': ['true', 'x'],
    health: ['none', 'bogus'],
    before: ['k1', 'nowhere'],
    expose: ['80', 'x'],
  });

  const step = fc.oneof(
    { weight: 10, arbitrary: create },
    { weight: 8, arbitrary: write('start', 'POST', ofContainer('/start')) },
    {
      weight: 4,
      arbitrary: write(
        'stop',
        'POST',
        quick.chain((t) => ofContainer(`/stop?t=${t}`)),
      ),
    },
    {
      weight: 2,
      arbitrary: write(
        'restart',
        'POST',
        quick.chain((t) => ofContainer(`/restart?t=${t}`)),
      ),
    },
    { weight: 3, arbitrary: write('kill', 'POST', ofContainer('/kill', { signal: one('KILL', '9', 'BOGUS', '') })) },
    { weight: 2, arbitrary: write('pause', 'POST', ofContainer('/pause')) },
    { weight: 2, arbitrary: write('unpause', 'POST', ofContainer('/unpause')) },
    { weight: 2, arbitrary: write('rename', 'POST', ofContainer('/rename', { name: mostly(CONTAINERS, ['-', '']) })) },
    { weight: 2, arbitrary: write('update', 'POST', ofContainer('/update'), update) },
    { weight: 4, arbitrary: write('remove', 'DELETE', ofContainer('', { force: bool, v: bool })) },
    { weight: 5, arbitrary: read('inspect', ofContainer('/json', { size: one('0', 'x') })) },
    { weight: 4, arbitrary: read('list', withQuery('/containers/json', { all: bool, filters: listFilters })) },
    { weight: 2, arbitrary: read('changes', ofContainer('/changes')) },
    { weight: 1, arbitrary: read('top', ofContainer('/top', { ps_args: one('-ef', '--bogus') })) },
    { weight: 1, arbitrary: read('logs', ofContainer('/logs', { stdout: bool, tail: one('1', 'x') })) },
    {
      weight: 3,
      arbitrary: write(
        'exec',
        'POST',
        ofContainer('/exec'),
        one<unknown>({ Cmd: ['true'] }, { Cmd: [] }, {}, '', { Cmd: ['x'] }),
      ),
    },
    { weight: 6, arbitrary: write('network create', 'POST', fc.constant('/networks/create'), networkBody) },
    { weight: 3, arbitrary: read('network inspect', ofNetwork('', { verbose: bool })) },
    {
      weight: 2,
      arbitrary: read(
        'network list',
        withQuery('/networks', {
          filters: filters({ name: ['n1', 'n'], driver: ['bridge', 'x'], dangling: ['1', 'x'] }),
        }),
      ),
    },
    { weight: 3, arbitrary: write('network remove', 'DELETE', ofNetwork('')) },
    {
      weight: 4,
      arbitrary: write(
        'connect',
        'POST',
        ofNetwork('/connect'),
        container.map((Container) => ({ Container })),
      ),
    },
    {
      weight: 3,
      arbitrary: write(
        'disconnect',
        'POST',
        ofNetwork('/disconnect'),
        fc.tuple(container, fc.boolean()).map(([Container, Force]) => ({ Container, Force })),
      ),
    },
    { weight: 4, arbitrary: write('volume create', 'POST', fc.constant('/volumes/create'), volumeBody) },
    { weight: 2, arbitrary: read('volume inspect', ofVolume('')) },
    {
      weight: 2,
      arbitrary: read(
        'volume list',
        withQuery('/volumes', { filters: filters({ name: ['v1', 'v'], dangling: ['1', '0', 'x'], label: ['a'] }) }),
      ),
    },
    { weight: 3, arbitrary: write('volume remove', 'DELETE', ofVolume('', { force: bool })) },
    {
      weight: 1,
      arbitrary: one('containers', 'networks', 'volumes').chain((kind) =>
        write(
          `prune ${kind}`,
          'POST',
          withQuery(`/${kind}/prune`, { filters: filters({ label: ['a', 'x'], until: ['1h', 'x'], all: ['1', 'x'] }) }),
        ),
      ),
    },
  );
  const prefix = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: one(...PREFIXES) });
  const versioned = fc.tuple(prefix, step).map(([version, made]) => ({ ...made, path: `${version}${made.path}` }));
  return fc.array(versioned, { minLength: 1, maxLength: maxLength, size: 'max' });
}
