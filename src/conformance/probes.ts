import { filters } from './api.js';
import { Unmet } from './expect.js';
import type { Finding, ProbeContext } from './features.js';
import { types } from './images/recipe.js';

const lists = (of: readonly string[]): string => (of.length === 0 ? 'none' : of.join(', '));

/** Whether the daemon loads archives at all. */
export async function images({ session }: ProbeContext): Promise<Finding> {
  try {
    await session.image('bare');
    return { supported: true, evidence: 'an archive was loaded' };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { supported: !/^501\b/.test(error.actual), evidence: `load: ${error.actual}` };
  }
}

/** Whether the daemon says that it has the containerd image store. */
export async function containerdStore({ daemon }: ProbeContext): Promise<Finding> {
  return { supported: daemon.store === 'containerd', evidence: storeText(daemon) };
}

/** Whether the daemon says that it keeps images by a graph driver. */
export async function graphStore({ daemon }: ProbeContext): Promise<Finding> {
  return { supported: daemon.store === 'graph driver', evidence: storeText(daemon) };
}

const storeText = ({ driver, store }: ProbeContext['daemon']): string =>
  driver === ''
    ? '/info names no driver'
    : `/info: driver ${driver}${store === 'containerd' ? ', a snapshotter of containerd' : ', no snapshotter of containerd'}`;

/** Whether the daemon calls itself dockerd, or answers in its place. */
export async function asDockerd({ daemon }: ProbeContext): Promise<Finding> {
  return {
    supported: daemon.product === 'dockerd' || daemon.product.startsWith('attestd'),
    evidence: `/version: ${daemon.title}`,
  };
}

/** Whether the daemon declines the attestations endpoint. */
export async function attestations({ api, session }: ProbeContext): Promise<Finding> {
  const { name } = await session.image('basic');
  const { status } = (await api.get(`/images/${name}/attestations`)).exchange;
  return { supported: status !== 501, evidence: `GET /images/{name}/attestations answers ${status}` };
}

/** Whether the daemon says that it is in no swarm, and does not decline the operations of one. */
export async function noSwarm({ api }: ProbeContext): Promise<Finding> {
  const state = (await api.get('/info')).status(200).json().at('Swarm', 'LocalNodeState').value;
  const isIn = typeof state === 'string' && state !== '' && state !== 'inactive';
  if (isIn) return { supported: false, evidence: `/info: Swarm.LocalNodeState is ${state}` };
  const { status } = (await api.get('/nodes')).exchange;
  return { supported: status !== 501, evidence: `GET /nodes answers ${status}` };
}

/** Whether the daemon declines plugins. */
export async function plugins({ api }: ProbeContext): Promise<Finding> {
  const { status } = (await api.get('/plugins')).exchange;
  return { supported: status !== 501, evidence: `GET /plugins answers ${status}` };
}

/** Whether the daemon declines the content service. */
export async function content({ content: connect }: ProbeContext): Promise<Finding> {
  const client = await connect();
  const { status, details } = await client.info(`sha256:${'0'.repeat(64)}`);
  return {
    supported: status !== 'UNIMPLEMENTED',
    evidence: `Content/Info of an unknown digest: ${status}${details ? ` (${details.slice(0, 120)})` : ''}`,
  };
}

/** Whether inspect or list with manifests carries statements: the published description has none. */
export async function statements({ api, session }: ProbeContext): Promise<Finding> {
  const { name } = await session.image('basic');
  const query = { manifests: '1' };
  const listed = { ...query, filters: filters({ reference: [name] }) };
  const answers = [await api.get(`/images/${name}/json`, { query }), await api.get('/images/json', { query: listed })];
  const found = answers.some(({ text }) => /"Statements"\s*:/.test(text));
  return { supported: found, evidence: `inspect and list with manifests ${found ? 'have' : 'have no'} Statements` };
}

/** Whether a comma-separated type selects by its parts: by the published description it is one type. */
export async function typeLists({ api, session }: ProbeContext): Promise<Finding> {
  const { name } = await session.image('basic');
  const answer = await api.get(`/images/${name}/attestations`, {
    query: { type: `${types.provenance},${types.spdx}` },
  });
  const found = answer.exchange.status === 200 ? answer.json().array() : [];
  const selected = found.map((entry) => String(entry.at('PredicateType').value));
  return { supported: selected.length > 0, evidence: `a list of two types selects ${lists(selected)}` };
}

/** Error texts of a daemon that cannot reach an address. */
const unreached = /refused|unreachable|no route|timed? ?out|deadline|i\/o timeout/i;

/**
 * Whether the daemon gets to the run's registry. One in another network, or one that wants TLS of a registry on the loopback address, cannot be
 * judged on it; anything else that keeps it from asking is a fault for the requirements to find.
 */
export async function registry({ api, session }: ProbeContext): Promise<Finding> {
  const own = await session.registry();
  const before = own.visits.length;
  const query = { fromImage: `${own.address}/${session.run}/none`, tag: 'none' };
  const answer = await api.post('/images/create', { query });
  const { status } = answer.exchange;
  if (own.visits.length > before) return { supported: true, evidence: "the daemon has asked the run's registry" };
  if (status === 501) return { supported: false, evidence: 'pull answers 501' };
  if (own.encrypted)
    return { supported: false, untried: true, evidence: "the daemon wants TLS of the run's registry on 127.0.0.1" };
  if (answer.text.includes(own.address) && unreached.test(answer.text))
    return {
      supported: false,
      untried: true,
      evidence: `the daemon does not reach the run's registry: ${answer.text.slice(0, 200)}`,
    };
  return { supported: true, evidence: `pull answers ${status} without having asked the run's registry` };
}

/** A feature that only 501 declines. */
const unlessDeclined =
  (method: string, path: string, query: Readonly<Record<string, string>> = {}) =>
  async ({ api }: ProbeContext): Promise<Finding> => {
    const { status } = (await api.send(method, path, { query })).exchange;
    return { supported: status !== 501, evidence: `${method} ${path} answers ${status}` };
  };

/** Reports whether the daemon declines to look up images. The malformed name prevents a request to a registry. */
export const distribution = unlessDeclined('GET', '/distribution/UPPER/json');

/** Reports whether the daemon declines to search. The malformed limit prevents a request to a registry. */
export const search = unlessDeclined('GET', '/images/search', { term: 'x', limit: 'none' });

/** Whether the daemon declines to build by the classic builder. */
export const build = unlessDeclined('POST', '/build', { version: '1' });

/** Whether the daemon declines to prune a build cache; nothing has such an id. */
export const buildCache = unlessDeclined('POST', '/build/prune', { filters: filters({ id: ['attestd-none'] }) });
