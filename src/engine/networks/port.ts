import { type GoType, goString, keyedMap, slice, struct } from '../../support/go/json.js';
import { goAddress } from '../../support/go/netip.js';

/** A port of a container: its number and the protocol as written, usually `tcp`, `udp` or `sctp`. */
export interface Port {
  readonly number: number;
  readonly protocol: string;
}

/** Consecutive ports of one protocol. */
export interface PortRange {
  readonly start: number;
  readonly end: number;
  readonly protocol: string;
}

/** A host address and port on which a container port is published. Empty values mean any. */
export interface PortBinding {
  HostIp: string;
  HostPort: string;
}

/** Bindings by port, `80/tcp`. */
export type PortMap = Record<string, PortBinding[] | undefined>;

/** Reads a port as `80` or `80/tcp`; the errors are network.ParsePort's. */
export function parsePort(text: string): Port {
  if (text === '') throw new Error('invalid port: value is empty');
  const [number, protocol] = cut(text);
  return { number: portNumber(number, (reason) => `invalid port '${number}': ${reason}`), protocol };
}

/** Reads `80`, `80-90` and either with a protocol; the errors are network.ParsePortRange's. */
export function parsePortRange(text: string): PortRange {
  if (text === '') throw new Error('invalid port range: value is empty');
  const [numbers, protocol] = cut(text);
  const dash = numbers.indexOf('-');
  const first = dash < 0 ? numbers : numbers.slice(0, dash);
  const last = dash < 0 ? first : numbers.slice(dash + 1);
  const start = portNumber(first, (reason) => `invalid start port '${first}': ${reason}`);
  const end = portNumber(last, (reason) => `invalid end port '${last}': ${reason}`);
  if (end < start) throw new Error(`invalid port range: ${text}`);
  return { start, end, protocol };
}

/** A port as the API writes it. */
export function formatPort({ number, protocol }: Port): string {
  return `${number}/${protocol}`;
}

function cut(text: string): [numbers: string, protocol: string] {
  const slash = text.indexOf('/');
  if (slash < 0) return [text, 'tcp'];
  const protocol = text.slice(slash + 1).toLowerCase();
  return [text.slice(0, slash), protocol === '' ? 'tcp' : protocol];
}

function portNumber(text: string, message: (reason: string) => string): number {
  if (text === '') throw new Error(message('value is empty'));
  if (!/^\d+$/.test(text)) throw new Error(message('invalid syntax'));
  if (Number(text) > 65_535) throw new Error(message('value out of range'));
  return Number(text);
}

/** Keys of PortMap and PortSet. */
const portKey = (text: string): string => (text === '' ? '' : formatPort(parsePort(text)));

const portBindingType = struct<PortBinding>('network.PortBinding', { HostIp: goAddress, HostPort: goString });

/** network.PortMap */
export const portMapType: GoType<PortMap | undefined> = keyedMap(portKey, 'network.Port', slice(portBindingType));

/** network.PortSet */
export const portSetType: GoType<Record<string, object> | undefined> = keyedMap(
  portKey,
  'network.Port',
  struct<object>('struct {}', {}),
);
