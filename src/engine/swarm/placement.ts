import { totalmem } from 'node:os';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { processorCount } from '../processors.js';
import type { NodeData } from './node.js';
import type { SwarmObject } from './objects.js';
import type { TaskSpec } from './task-spec.js';

/** A rule about the node that a task may be on. */
export interface Constraint {
  readonly key: string;
  readonly equal: boolean;
  readonly value: string;
}

/**
 * Read `node.role==manager` or `node.id != x`.
 *
 * @throws INTERNAL with a manager's words for anything else, as a daemon answers
 */
export function parseConstraint(text: string): Constraint {
  const refused = (reason: string): AttestdError =>
    new AttestdError('INTERNAL', `rpc error: code = Unknown desc = ${reason}`);
  const at = text.search(/[=!]=/);
  if (at < 0) throw refused('constraint expected one operator from ==, !=');
  const [key, value] = [text.slice(0, at).trim(), text.slice(at + 2).trim()];
  if (!/^[a-z][a-z0-9\-_.]+$/i.test(key)) throw refused(`key '${key}' is invalid`);
  if (!/^[a-z0-9:\-_\s.*()?+[\]\\^$|/@#]+$/i.test(value)) throw refused(`value '${value}' is invalid`);
  return { key: key.toLowerCase(), equal: text[at] === '=', value };
}

type Node = SwarmObject<NodeData>;

/** Returns the node's value for a constraint key. Undefined for an unknown key. */
function attributeOf({ host, settings }: Context, node: Node, key: string): string | undefined {
  const { spec, hostname, address } = node.data;
  const named = /^(node|engine)\.labels\.(.+)$/.exec(key);
  if (named?.[1] === 'engine')
    return (
      settings.labels
        .find((label) => label.toLowerCase().startsWith(`${named[2]}=`))
        ?.split('=')
        .slice(1)
        .join('=') ?? ''
    );
  if (named !== null) {
    const found = Object.entries(spec.Labels ?? {}).find(([label]) => label.toLowerCase() === named[2]);
    return found?.[1] ?? '';
  }
  const known: Readonly<Record<string, string>> = {
    'node.id': node.id,
    'node.hostname': hostname,
    'node.ip': address,
    'node.role': spec.Role ?? '',
    'node.platform.os': 'linux',
    'node.platform.arch': host.architecture,
  };
  return known[key];
}

/**
 * Returns the reason that the node cannot run a task; empty if it can.
 *
 * @param reserved resources reserved by other tasks
 */
export function isMisplaced(
  context: Context,
  node: Node,
  spec: TaskSpec,
  reserved: { readonly cpus: number; readonly memory: number },
): string {
  const { architecture } = context.host;
  const { Placement: placement = {}, Resources: resources = {} } = spec;
  if (node.data.spec.Availability !== 'active') return '1 node not available for new tasks';
  const { NanoCPUs: cpus = 0, MemoryBytes: memory = 0, GenericResources: generic = [] } = resources.Reservations ?? {};
  const exceeds = reserved.cpus + cpus > processorCount() * 1e9 || reserved.memory + memory > totalmem();
  if (exceeds || generic.length > 0) return 'insufficient resources on 1 node';
  const fits = (placement.Constraints ?? []).map(parseConstraint).every(({ key, equal, value }) => {
    const found = attributeOf(context, node, key);
    return found !== undefined && (found.toLowerCase() === value.toLowerCase()) === equal;
  });
  if (!fits) return 'scheduling constraints not satisfied on 1 node';
  const platforms = placement.Platforms ?? [];
  const runs = ({ Architecture: arch = '', OS: os = '' }: { Architecture?: string; OS?: string }): boolean =>
    ['', 'linux'].includes(os) && ['', architecture, ...(architecture === 'amd64' ? ['x86_64'] : [])].includes(arch);
  return platforms.length === 0 || platforms.some(runs) ? '' : 'unsupported platform on 1 node';
}
