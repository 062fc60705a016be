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
