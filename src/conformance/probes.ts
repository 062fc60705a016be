import { Unmet } from './expect.js';
import type { Finding, ProbeContext } from './features.js';
import { types } from './images/recipe.js';

const lists = (of: readonly string[]): string => (of.length === 0 ? 'none' : of.join(', '));

/** Whether the daemon keeps an image from an OCI layout archive. */
export async function images({ session }: ProbeContext): Promise<Finding> {
  try {
    await session.image('bare');
    return { supported: true, evidence: 'an OCI layout archive was loaded' };
  } catch (error) {
    // An OCI layout is refused by stores that only know docker-archive; any other trouble is for the requirements.
    if (!(error instanceof Unmet)) throw error;
    const refused = /^501\b|manifest\.json|unrecognized image format/.test(error.actual);
    return { supported: !refused, evidence: `load: ${error.actual}` };
  }
}

/** Whether the daemon keeps an image whose archive lacks a statement. */
export async function incompleteImages({ session }: ProbeContext): Promise<Finding> {
  try {
    await session.image('missing-statement');
    return { supported: true, evidence: 'an image without one of its statements was loaded' };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { supported: false, evidence: `load: ${error.actual}` };
  }
}

/** Whether the daemon declines the attestations endpoint. */
export async function attestations({ api, session }: ProbeContext): Promise<Finding> {
  const { name } = await session.image('basic');
  const { status } = (await api.get(`/images/${name}/attestations`)).exchange;
  return { supported: status !== 501, evidence: `GET /images/{name}/attestations answers ${status}` };
}

/** Whether the daemon answers gRPC on its own address. */
export async function content({ content: connect }: ProbeContext): Promise<Finding> {
  const client = await connect();
  const { status, details } = await client.info(`sha256:${'0'.repeat(64)}`);
  const supported = status === 'OK' || status === 'NOT_FOUND';
  return {
    supported,
    evidence: `Content/Info of an unknown digest: ${status}${details ? ` (${details.slice(0, 120)})` : ''}`,
  };
}

/** Whether inspect with manifests carries statements. */
export async function statements({ api, session }: ProbeContext): Promise<Finding> {
  const { name } = await session.image('basic');
  const answer = await api.get(`/images/${name}/json`, { query: { manifests: '1' } });
  const found = /"Statements"\s*:/.test(answer.text);
  return { supported: found, evidence: `inspect with manifests ${found ? 'has' : 'has no'} Statements` };
}

/** Whether a comma-separated type selects by its parts. */
export async function typeLists({ api, session }: ProbeContext): Promise<Finding> {
  const { name } = await session.image('basic');
  const answer = await api.get(`/images/${name}/attestations`, {
    query: { type: `${types.provenance},${types.spdx}` },
  });
  const found = answer.exchange.status === 200 ? answer.json().array() : [];
  const selected = found.map((entry) => String(entry.at('PredicateType').value));
  return { supported: selected.length > 0, evidence: `a list of two types selects ${lists(selected)}` };
}
