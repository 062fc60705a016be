import type { NetworkInterface } from '../types.js';
import type { Machine } from './machine.js';

/** The loopback, which every container has. */
export const loopback: NetworkInterface = {
  name: 'lo',
  index: 1,
  peer: 0,
  mac: '00:00:00:00:00:00',
  mtu: 65536,
  ipv4: { address: '127.0.0.1', bits: 8, base: '127.0.0.0', last: '127.255.255.255' },
  ipv6: { address: '::1', bits: 128, base: '::1', last: '::1' },
};

/** All network cards of a container, the loopback first. */
export const interfacesOf = (machine: Machine): readonly NetworkInterface[] => [
  loopback,
  ...machine.network.interfaces(),
];

/** Whether an address leads to the container itself. */
export const isOwn = (machine: Machine, address: string): boolean =>
  address.startsWith('127.') ||
  interfacesOf(machine).some(({ ipv4, ipv6 }) => ipv4?.address === address || ipv6?.address === address);

/** The address that a card has for its own link alone, made of its hardware address (RFC 4291, appendix A). */
export function linkLocal(mac: string): string {
  const [first = 0, ...rest] = mac.split(':').map((part) => Number.parseInt(part, 16));
  const bytes = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const words = [0, 2, 4, 6].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return `fe80::${words.join(':')}`;
}

const header =
  'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';

/** /proc/net/dev: nothing is counted, for nothing is sent. */
export function netDevices(machine: Machine): string {
  const zeros =
    '       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0';
  return (
    header +
    interfacesOf(machine)
      .map(({ name }) => `${name.padStart(6)}:${zeros}\n`)
      .join('')
  );
}

const routeHeader = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';

/** /proc/net/route: IPv4 addresses are words of the machine's, the lowest byte first. */
export function netRoutes(machine: Machine): string {
  const word = (number: number): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(number);
    return bytes.toString('hex').toUpperCase();
  };
  const lines = routesOf(machine).map(({ networkInterface, base, bits, gateway }) => {
    const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
    const way = gateway === undefined ? '00000000\t0001' : `${word(addressNumber(gateway))}\t0003`;
    return `${networkInterface}\t${word(addressNumber(base))}\t${way}\t0\t0\t0\t${word(mask)}\t0\t0\t0`;
  });
  return [routeHeader, ...lines].map((line) => `${line.padEnd(127)}\n`).join('');
}

/** An IPv4 address as a number. */
export const addressNumber = (address: string): number =>
  address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

/** A way of IPv4 packets. */
export interface Route {
  readonly networkInterface: string;
  /** First address of the block that it leads to. */
  readonly base: string;
  readonly bits: number;
  /** Undefined on the link itself. */
  readonly gateway?: string;
  /** The address that packets come from; undefined for the default. */
  readonly source?: string;
}

/** The routes of a container's IPv4, the default first, then by their blocks. */
export function routesOf({ network }: Machine): readonly Route[] {
  const interfaces = network.interfaces();
  const rest = interfaces.flatMap(({ name, ipv4 }) =>
    ipv4 === undefined ? [] : [{ networkInterface: name, base: ipv4.base, bits: ipv4.bits, source: ipv4.address }],
  );
  rest.sort((a, b) => addressNumber(a.base) - addressNumber(b.base));
  const leaving = interfaces.flatMap(({ name, gateway4 }) =>
    gateway4 === undefined ? [] : [{ networkInterface: name, base: '0.0.0.0', bits: 0, gateway: gateway4 }],
  );
  return [...leaving, ...rest];
}
