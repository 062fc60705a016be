import { Unmet } from '../expect.js';
import type { Finding, ProbeContext } from '../features.js';
import { runLabel } from '../images/kit.js';
import { programmed } from '../images/program.js';

/** Whether the suite has a program for the daemon's platform, and the daemon makes containers at all. */
export async function containers({ api, session }: ProbeContext): Promise<Finding> {
  const { architecture, os } = session.host;
  if (os !== 'linux' || !programmed.includes(architecture))
    return { supported: false, evidence: `the suite has no test program for ${os}/${architecture}` };
  const { name } = await session.image('program');
  const answer = await api.post('/containers/create', {
    body: JSON.stringify({ Image: name, Cmd: ['true'], Labels: { [runLabel]: session.run } }),
    headers: { 'Content-Type': 'application/json' },
  });
  const { status } = answer.exchange;
  if (status === 201)
    await api.delete(`/containers/${answer.json().at('Id').string()}`, { query: { force: '1', v: '1' } });
  return { supported: status !== 501, evidence: `POST /containers/create answers ${status}` };
}

/** Whether the daemon lists networks at all. */
export async function networks({ api }: ProbeContext): Promise<Finding> {
  const { status } = (await api.get('/networks')).exchange;
  return { supported: status !== 501, evidence: `GET /networks answers ${status}` };
}

/** Names that daemons give to the network of containers that name none. */
const usual = ['bridge', 'podman'];

/**
 * Reports whether the daemon has the default network. A daemon started without it lists no bridge device, and most
 * such daemons cannot create one.
 */
export async function bridge({ api }: ProbeContext): Promise<Finding> {
  const answer = await api.get('/networks');
  if (answer.exchange.status !== 200)
    return { supported: true, evidence: `GET /networks answers ${answer.exchange.status}` };
  const names = answer
    .json()
    .array()
    .map((network) => String(network.at('Name').value));
  const supported = names.some((name) => usual.includes(name));
  return { supported, evidence: `networks: ${usual.join(' or ')} ${supported ? 'is' : 'is not'} among them` };
}

/** Whether /info says that the daemon's machine bounds memory. */
export async function limits({ api }: ProbeContext): Promise<Finding> {
  try {
    const info = (await api.get('/info')).status(200).json();
    const kinds = ['MemoryLimit', 'PidsLimit', 'CpuShares'].filter((member) => info.at(member).value === false);
    return {
      supported: kinds.length === 0,
      evidence: kinds.length === 0 ? '/info denies none' : `/info: no ${kinds.join(', ')}`,
    };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { supported: true, evidence: `/info: ${error.actual}` };
  }
}
