import { type Area, type Asked, answers, bodies, ignores, type Mutant, Reply, requests } from '../mutant.js';
import { withoutFilter } from './containers.js';

const container = '^/containers/[^/]+';
const on = (action: string): RegExp => new RegExp(`${container}/${action}$`);
const logs = on('logs');
const attach = on('attach');
const exec = on('exec');
const archive = on('archive');
const started = /^\/exec\/[^/]+\/start$/;

const taken = (asked: Asked): boolean => attach.test(asked.route) || started.test(asked.route);

/** A mutant that changes the output of attach or exec. */
const output = (id: string, title: string, route: RegExp, change: (bytes: Buffer) => Buffer): Mutant => ({
  id,
  title,
  bytes: (asked, bytes) => (route.test(asked.route) ? change(bytes) : bytes),
});

const otherType = (head: string): string =>
  head.includes('multiplexed-stream')
    ? head.replace('multiplexed-stream', 'raw-stream')
    : head.replace('raw-stream', 'multiplexed-stream');

/** Swap the numbers of standard output and error in frames. */
function swapped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 8 <= copy.length; at += 8 + copy.readUInt32BE(at + 4)) copy[at] = 3 - (copy[at] ?? 0);
  return copy;
}

/** The payloads of frames alone. */
function unframed(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4))
    parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)));
  return Buffer.concat(parts);
}

/** Faults of logs. */
export const reading: Area = {
  name: 'streams',
  only: ['ContainerLogs'],
  mutants: [
    ...['stdout', 'stderr', 'tail', 'since', 'until', 'timestamps', 'follow'].map((name) => ({
      id: `logs-${name}-ignored`,
      title: `${name} of logs is ignored`,
      ...ignores('GET', logs, name),
    })),
    ...['stdout', 'stderr'].map((name) => ({
      id: `logs-${name}-always`,
      title: `${name} is always part of logs`,
      ...requests('GET', logs, (asked) => asked.ask((query) => query.set(name, '1'))),
    })),
    {
      id: 'logs-swapped',
      title: 'streams of logs are swapped',
      ...answers('GET', logs, (r) => r.withBody(swapped(r.body))),
    },
    {
      id: 'logs-unframed',
      title: 'logs come without frames',
      ...answers('GET', logs, (r) => r.withBody(unframed(r.body))),
    },
    {
      id: 'logs-type',
      title: 'logs have the other media type',
      ...answers('GET', logs, (r) =>
        r.withHeader('Content-Type', otherType(r.headers.find(([n]) => /^content-type$/i.test(n))?.[1] ?? '')),
      ),
    },
    {
      id: 'logs-cut',
      title: 'long logs are cut short',
      ...answers('GET', logs, (reply) =>
        reply.body.length > 100_000 ? reply.withBody(reply.body.subarray(0, 98_304)) : undefined,
      ),
    },
  ],
};

/** Faults of connections that are taken over. */
export const attaching: Area = {
  name: 'streams',
  only: ['ContainerAttach', 'ContainerAttachWebsocket', 'ContainerResize', 'ExecStart'],
  mutants: [
    {
      id: 'attach-not-upgraded',
      title: 'a request to upgrade is answered 200',
      head: (asked, head) => (taken(asked) ? head.replace('101 UPGRADED', '200 OK') : head),
    },
    {
      id: 'attach-always-upgraded',
      title: 'who does not ask for an upgrade gets one',
      head: (asked, head) => (attach.test(asked.route) ? head.replace('200 OK', '101 UPGRADED') : head),
    },
    {
      id: 'attach-type',
      title: 'attach names the other media type',
      head: (asked, head) => (attach.test(asked.route) ? otherType(head) : head),
    },
    {
      id: 'exec-type',
      title: 'exec names the other media type',
      head: (asked, head) => (started.test(asked.route) ? otherType(head) : head),
    },
    output('attach-swapped', 'streams of attach are swapped', attach, swapped),
    output('attach-unframed', 'attach sends no frames', attach, unframed),
    output('exec-swapped', 'streams of exec are swapped', started, swapped),
    output('exec-unframed', 'exec sends no frames', started, unframed),
    ...['logs', 'detachKeys', 'stdin', 'stdout', 'stderr'].map((name) => ({
      id: `attach-${name.toLowerCase()}-ignored`,
      title: `${name} of attach is ignored`,
      ...ignores('POST', attach, name),
    })),
    ...['stdout', 'stderr'].map((name) => ({
      id: `attach-${name}-always`,
      title: `${name} is always attached`,
      ...requests('POST', attach, (asked) => asked.ask((query) => query.set(name, '1'))),
    })),
    {
      id: 'attach-input-lost',
      title: 'input does not reach the process',
      input: (asked, bytes) => (bytes === 'end' ? Buffer.alloc(0) : taken(asked) ? undefined : bytes),
    },
    {
      id: 'attach-input-cut',
      title: 'much input is cut short',
      input: (_, bytes) => (bytes === 'end' ? Buffer.alloc(0) : bytes.subarray(0, 20_000)),
    },
    {
      id: 'attach-end-lost',
      title: 'the end of the input does not reach the process',
      input: (_, bytes) => (bytes === 'end' ? undefined : bytes),
    },
    {
      id: 'socket-key',
      title: 'the WebSocket is accepted with another key',
      head: (asked, head) =>
        asked.route.endsWith('/attach/ws') ? head.replace(/(Sec-WebSocket-Accept: ).*/i, '$1AAAA') : head,
    },
    {
      id: 'socket-silent',
      title: 'nothing comes over the WebSocket',
      bytes: (asked, bytes) => (asked.route.endsWith('/attach/ws') ? Buffer.alloc(0) : bytes),
    },
    {
      id: 'resize-nothing',
      title: 'resize answers success and changes nothing',
      ...requests('POST', on('resize'), () => new Reply(200, [], Buffer.alloc(0))),
    },
  ],
};

/** Faults of exec. */
export const executing: Area = {
  name: 'streams',
  only: ['ContainerExec', 'ExecStart', 'ExecInspect', 'ExecResize'],
  mutants: [
    ...['Env', 'WorkingDir', 'User', 'Tty', 'AttachStdin', 'DetachKeys'].map((member) => ({
      id: `exec-no-${member.toLowerCase()}`,
      title: `${member} of an exec is dropped`,
      ...bodies('POST', exec, (body) => {
        delete body[member];
      }),
    })),
    {
      id: 'exec-all-streams',
      title: 'every output of an exec is attached',
      ...bodies('POST', exec, (body) => Object.assign(body, { AttachStdout: true, AttachStderr: true })),
    },
    {
      id: 'exec-409-as-201',
      title: 'an exec in what does not run is created',
      ...answers('POST', exec, (reply) => reply.withStatus(201), 409),
    },
    {
      id: 'exec-exit-code',
      title: 'every exec ends with 0',
      ...answers('GET', /^\/exec\//, (reply) => reply.members('ExitCode', (value) => (value === 'null' ? value : '0'))),
    },
    {
      id: 'exec-never-runs',
      title: 'no exec is told to run',
      ...answers('GET', /^\/exec\//, (reply) => reply.members('Running', () => 'false')),
    },
    {
      id: 'exec-no-command',
      title: 'the command of an exec is left out',
      ...answers('GET', /^\/exec\//, (reply) => reply.without('ProcessConfig')),
    },
    {
      id: 'exec-detached-nothing',
      title: 'a detached exec does not run',
      ...requests('POST', started, (asked) =>
        asked.body.includes('"Detach":true') ? new Reply(200, [], Buffer.alloc(0)) : undefined,
      ),
    },
    {
      id: 'exec-resize-nothing',
      title: 'resize of an exec changes nothing',
      ...requests('POST', /^\/exec\/[^/]+\/resize$/, () => new Reply(200, [], Buffer.alloc(0))),
    },
    ...['start', 'resize'].map((action) => ({
      id: `exec-absent-${action}`,
      title: `${action} of an exec that is not there is answered 500`,
      ...answers('POST', new RegExp(`^/exec/[^/]+/${action}$`), (reply) => reply.withStatus(500), 404),
      head: (asked: Asked, head: string) => (asked.route.endsWith(action) ? head.replace(/ 404 .*/, ' 500 X') : head),
    })),
  ],
};

/** Faults of copying files and of images of containers. */
export const copying: Area = {
  name: 'streams',
  only: ['ContainerArchive', 'ContainerArchiveInfo', 'PutContainerArchive', 'ImageCommit'],
  mutants: [
    {
      id: 'archive-no-header',
      title: 'the header of a look-up is left out',
      ...answers('HEAD', archive, (reply) => reply.withHeader('X-Docker-Container-Path-Stat', undefined)),
    },
    {
      id: 'archive-head-200',
      title: 'every path is there',
      ...answers('HEAD', archive, (reply) => reply.withStatus(200), 404),
    },
    {
      id: 'archive-empty',
      title: 'archives are empty',
      ...answers('GET', archive, (reply) => reply.withBody(Buffer.alloc(1024))),
    },
    {
      id: 'archive-404-as-500',
      title: 'a path that is not there is answered 500',
      ...answers('GET', archive, (reply) => reply.withStatus(500), 404),
    },
    {
      id: 'archive-put-nothing',
      title: 'putting an archive does nothing',
      ...requests('PUT', archive, (asked) =>
        asked.query.has('path') ? new Reply(200, [], Buffer.alloc(0)) : undefined,
      ),
    },
    {
      id: 'archive-overwrites',
      title: 'noOverwriteDirNonDir is ignored',
      ...ignores('PUT', archive, 'noOverwriteDirNonDir'),
    },
    {
      id: 'archive-put-404-as-500',
      title: 'a directory that is not there is answered 500',
      ...answers('PUT', archive, (reply) => reply.withStatus(500), 404),
    },
    ...['comment', 'author', 'changes'].map((name) => ({
      id: `commit-${name}-ignored`,
      title: `${name} of a commit is ignored`,
      ...ignores('POST', /^\/commit$/, name),
    })),
    {
      id: 'commit-404-as-500',
      title: 'a container that is not there is answered 500',
      ...answers('POST', /^\/commit$/, (reply) => reply.withStatus(500), 404),
    },
  ],
};

const network = /^\/networks\/[^/]+$/;
const volume = /^\/volumes\/[^/]+$/;

const members = (what: string, route: RegExp, names: readonly string[]): readonly Mutant[] =>
  names.map((name) => ({
    id: `${what}-no-${name.toLowerCase()}`,
    title: `${name} of a new ${what} is dropped`,
    ...bodies('POST', route, (body) => {
      if (name !== 'Labels') delete body[name];
      else body.Labels = Object.fromEntries(Object.entries((body.Labels ?? {}) as object).slice(0, 1));
    }),
  }));

const filtersOf = (what: string, route: RegExp, names: readonly string[]): readonly Mutant[] =>
  names.map((name) => ({
    id: `${what}-filter-${name}`,
    title: `the filter ${name} of ${what} is ignored`,
    ...withoutFilter(route, name),
  }));

const succeed = (status: number): Reply => new Reply(status, [], Buffer.alloc(0));

/** Faults of networks and volumes. */
export const around: Area = {
  name: 'networks and volumes',
  only: ['Network*', 'Volume*'],
  destructive: true,
  mutants: [
    ...members('network', /^\/networks\/create$/, ['Labels', 'Internal', 'Attachable', 'Options', 'IPAM']),
    ...filtersOf('networks', /^\/networks$/, ['name', 'id', 'label', 'driver', 'type', 'scope', 'dangling']),
    {
      id: 'network-connect-nothing',
      title: 'connect does nothing',
      ...requests('POST', /\/connect$/, () => succeed(200)),
    },
    {
      id: 'network-connect-bare',
      title: 'the settings of an endpoint are dropped',
      ...bodies('POST', /^\/networks\/[^/]+\/connect$/, (body) => {
        delete body.EndpointConfig;
      }),
    },
    {
      id: 'network-disconnect-nothing',
      title: 'disconnect does nothing',
      ...requests('POST', /\/disconnect$/, () => succeed(200)),
    },
    {
      id: 'network-remove-nothing',
      title: 'removing a network does nothing',
      ...requests('DELETE', network, () => succeed(204)),
    },
    {
      id: 'network-403-as-500',
      title: 'a network in use is answered 500',
      ...answers('DELETE', network, (reply) => reply.withStatus(500), 403),
    },
    {
      id: 'network-no-members',
      title: 'a network names nobody',
      ...answers('GET', network, (reply) => reply.members('Containers', () => '{}')),
    },
    {
      id: 'network-absent',
      title: 'a network that is not there is answered 500',
      ...answers('GET', network, (reply) => reply.withStatus(500), 404),
    },
    ...filtersOf('network-prune', /^\/networks\/prune$/, ['until']),
    ...members('volume', /^\/volumes\/create$/, ['Labels']),
    ...filtersOf('volumes', /^\/volumes$/, ['name', 'label', 'dangling', 'driver']),
    {
      id: 'volume-remove-nothing',
      title: 'removing a volume does nothing',
      ...requests('DELETE', volume, () => succeed(204)),
    },
    {
      id: 'volume-409-as-500',
      title: 'a volume in use is answered 500',
      ...answers('DELETE', volume, (reply) => reply.withStatus(500), 409),
    },
    {
      id: 'volume-absent',
      title: 'a volume that is not there is answered 500',
      ...answers('GET', volume, (reply) => reply.withStatus(500), 404),
    },
    {
      id: 'volume-no-place',
      title: 'a volume has no place',
      ...answers('GET', volume, (reply) => reply.without('Mountpoint')),
    },
    {
      id: 'volume-prune-all',
      title: 'a prune always takes volumes with a name',
      ...requests('POST', /^\/volumes\/prune$/, (asked) =>
        asked.ask((query) => {
          const filters = JSON.parse(query.get('filters') ?? '{}') as Record<string, unknown>;
          query.set('filters', JSON.stringify({ ...filters, all: ['true'] }));
        }),
      ),
    },
  ],
};

const dropped = (action: string): Mutant => ({
  id: `events-no-${action}`,
  title: `no event tells of ${action}`,
  line: (_, line) => (line.includes(`"Action":"${action}"`) && line.includes('"Type":"container"') ? null : line),
});

/** Faults of events of containers, and of what counts them. */
export const eventsOfContainers: Area = {
  name: 'events of containers',
  only: ['SystemEvents', 'SystemInfo', 'SystemDataUsage', 'ImageDelete'],
  mutants: [
    ...['create', 'start', 'die', 'destroy', 'kill', 'stop', 'pause', 'unpause', 'rename'].map(dropped),
    ...['container', 'label', 'event', 'image', 'volume', 'network'].map((name) => ({
      id: `container-events-filter-${name}`,
      title: `the filter ${name} of events is ignored`,
      ...withoutFilter(/^\/events$/, name),
    })),
    {
      id: 'events-no-name',
      title: 'events do not name the container',
      line: (_, line) => (line.includes('"Type":"container"') ? line.replaceAll('"name":', '"other":') : line),
    },
    {
      id: 'events-exit-code',
      title: 'every container ends with 0',
      line: (_, line) => line.replace(/"exitCode":"\d+"/, '"exitCode":"0"'),
    },
    {
      id: 'events-no-volume',
      title: 'no event tells of volumes',
      line: (_, line) => (line.includes('"Type":"volume"') ? null : line),
    },
    {
      id: 'events-no-network',
      title: 'no event tells of networks',
      line: (_, line) => (line.includes('"Type":"network"') ? null : line),
    },
    {
      id: 'info-miscounted',
      title: 'containers are miscounted',
      ...answers('GET', /^\/info$/, (reply) => reply.members('ContainersRunning', () => '0')),
    },
    {
      id: 'usage-no-containers',
      title: 'the usage of disks has no containers',
      ...answers('GET', /^\/system\/df$/, (reply) => reply.members('Containers', () => '[]')),
    },
    {
      id: 'usage-volume-users',
      title: 'the usage of disks counts no users of volumes',
      ...answers('GET', /^\/system\/df$/, (reply) => reply.members('RefCount', () => '0')),
    },
    {
      id: 'delete-used-image',
      title: 'an image that a running container uses is no conflict',
      ...answers('DELETE', /^\/images\//, (reply) => reply.withStatus(200), 409),
    },
  ],
};
