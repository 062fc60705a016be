/** Two daemons and their containers, networks and volumes. */
import { Connection, headerOf } from '../../src/client/connection.js';
import { parseHost } from '../../src/client/target.js';
import { type Answer, type Difference, firstDifference } from './compare.js';
import { type Comparison, judge } from './explore.js';
import type { Step } from './requests.js';

/** Members whose values are chance, or the machine's. */
const MASKED = new Set([
  'AppArmorProfile',
  'Created',
  'CreatedAt',
  'DNSNames',
  'EndpointID',
  'FinishedAt',
  'GraphDriver',
  'HostnamePath',
  'HostsPath',
  'ImageManifestDescriptor',
  'LogPath',
  'MacAddress',
  'Mountpoint',
  'Pid',
  'ResolvConfPath',
  'SandboxID',
  'SandboxKey',
  'SizeRootFs',
  'SpaceReclaimed',
  'StartedAt',
  'Status',
  'Storage',
]);

/** A state, which is no text like `Up 3 seconds`. */
const STATES = new Set(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const withoutIds = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{64}\b/g, '(id)')
    .replace(/\b(?=[0-9a-f]*[a-f])[0-9a-f]{12}\b/g, '(short id)')
    // Where a daemon has its data.
    .replace(/\/[\w/-]+(?=\/volumes\/)/g, '(data)')
    // IPv6 subnets are of a random prefix, but for the one that is asked for.
    .replace(/\bfd(?!77::)[0-9a-f]{2}:[0-9a-f:]+/g, '(address)');

function masked(value: Json, key = ''): Json {
  if (typeof value === 'string' && key === 'Status' && STATES.has(value)) return value;
  // An empty one says that there is none.
  if (MASKED.has(key) && value !== '' && value !== 0 && value !== null) return '(masked)';
  if (typeof value === 'string') return withoutIds(value);
  if (Array.isArray(value)) return value.map((item) => masked(item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [withoutIds(name), masked(inner, name)]));
}

/** Lists that dockerd gives as a map hands them out. */
function ordered(step: Step, value: Json): Json {
  const name = (item: Json): string => String((item as { Name?: Json } | null)?.Name ?? JSON.stringify(item));
  const sorted = (items: Json): Json =>
    Array.isArray(items) ? [...items].sort((a, b) => (name(a) < name(b) ? -1 : 1)) : items;
  if (step.operation === 'network list') return sorted(value);
  if (value !== null && typeof value === 'object' && !Array.isArray(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === 'Volumes' || key.endsWith('Deleted') || key === 'Mounts' ? sorted(inner) : inner,
      ]),
    );
  return value;
}

function parsed(body: Buffer): Json {
  const text = body.toString();
  try {
    return JSON.parse(text) as Json;
  } catch {
    return withoutIds(text);
  }
}

/** What two answers disagree about; of an error first its status, then its text. */
export function compareEngines(step: Step, reference: Answer, real: Answer): Difference | undefined {
  const show = ({ status, body }: Answer): string => `${status} ${withoutIds(body.toString('utf8', 0, 400)).trim()}`;
  if (reference.status !== real.status) return { at: 'status', reference: show(reference), real: show(real) };
  for (const name of ['content-type', 'api-version', 'location'])
    if (reference.headers[name] !== real.headers[name])
      return { at: `header ${name}`, reference: `${reference.headers[name]}`, real: `${real.headers[name]}` };
  if (real.status >= 400) {
    const [a, b] = [show(reference), show(real)];
    return a === b ? undefined : { at: 'text', reference: a, real: b };
  }
  // Of the machine's own processes the titles are compared.
  const only = (value: Json): Json =>
    step.operation === 'top' ? ((value as { Titles?: Json } | null)?.Titles ?? null) : masked(ordered(step, value));
  return firstDifference(only(parsed(reference.body)), only(parsed(real.body)));
}

/** A daemon that requests are put to. */
export class EngineSubject {
  readonly #connection: Connection;

  constructor(host: string) {
    this.#connection = new Connection(parseHost(host));
  }

  async send(method: string, path: string, body?: Buffer | string): Promise<Answer> {
    const type = typeof body === 'string' ? 'application/json' : 'application/x-tar';
    const length = { 'Content-Type': type, 'Content-Length': `${Buffer.byteLength(body ?? '')}` };
    const request = { method, path, timeout: 60_000, ...(body !== undefined && { body, headers: length }) };
    const answer = await this.#connection.send(request).catch((error: Error) => {
      // A handler that panicked: the daemon goes on, and the request has no answer.
      if (error.message.endsWith('socket hang up')) return undefined;
      throw error;
    });
    if (answer === undefined) return { status: 0, headers: {}, body: Buffer.from('no answer') };
    const headers = Object.fromEntries(
      answer.headers.map(([name]) => [name.toLowerCase(), headerOf(answer, name) ?? '']),
    );
    return { status: answer.status, headers, body: answer.body };
  }

  async #names(path: string, of: (value: Json) => Json[], name: string): Promise<string[]> {
    const { body } = await this.send('GET', path);
    return of(parsed(body)).map((item) => String((item as Record<string, Json>)[name]));
  }

  /** How many containers, networks of users and volumes it has. */
  async things(): Promise<readonly [containers: string[], networks: string[], volumes: string[]]> {
    const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
    const containers = await this.#names('/containers/json?all=1', list, 'Id');
    const networks = await this.#names('/networks?filters={"type":["custom"]}'.replaceAll('"', '%22'), list, 'Id');
    const inner = (value: Json): Json[] => list((value as { Volumes: Json }).Volumes);
    return [containers, networks, await this.#names('/volumes', inner, 'Name')];
  }

  /** Remove all of these. */
  async clear(): Promise<void> {
    const [containers, networks, volumes] = await this.things();
    for (const id of containers) await this.send('DELETE', `/containers/${id}?force=1&v=1`);
    for (const id of networks) await this.send('DELETE', `/networks/${id}`);
    for (const name of volumes) await this.send('DELETE', `/volumes/${name}?force=1`);
  }

  close(): void {
    this.#connection.close();
  }
}

/** What stands at the end of each sequence. */
const STATE: readonly Step[] = [
  { operation: 'list', method: 'GET', path: '/containers/json?all=1' },
  { operation: 'network list', method: 'GET', path: '/networks' },
  { operation: 'volume list', method: 'GET', path: '/volumes' },
];

/** Puts sequences about containers, networks and volumes to two daemons. */
export class EngineComparison implements Comparison {
  requests = 0;
  readonly known = new Set<string>();

  constructor(
    readonly reference: EngineSubject,
    readonly real: EngineSubject,
  ) {}

  async run(steps: readonly Step[]): Promise<void> {
    await Promise.all([this.reference.clear(), this.real.clear()]);
    for (const step of [...steps, ...STATE]) {
      this.requests += 1;
      const { method, path, body } = step;
      const [a, b] = await Promise.all([this.reference.send(method, path, body), this.real.send(method, path, body)]);
      if (!judge(this.known, step, compareEngines(step, a, b))) return;
    }
  }
}
