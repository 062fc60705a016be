import { isIPv4, isIPv6 } from 'node:net';
import type { GoType } from './json.js';
import { quote } from './quote.js';

/**
 * An address as net/netip writes it: IPv6 in its shortest form, lower case.
 *
 * @param text `10.0.0.1`, `fe80::1%eth0`
 * @returns undefined where it is none
 */
export function formatAddress(text: string): string | undefined {
  // Go refuses leading zeros, as Node does.
  if (isIPv4(text)) return text;
  const [address = '', zone] = text.split('%', 2);
  if (!isIPv6(address) || zone === '') return undefined;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const short = mapped ? `::ffff:${mapped[1]}` : new URL(`http://[${address}]`).hostname.slice(1, -1);
  return zone === undefined ? short : `${short}%${zone}`;
}

function parseAddress(text: string): string {
  if (text === '') return '';
  const address = formatAddress(text);
  if (address === undefined) throw new Error(`ParseAddr(${quote(text)}): unable to parse IP`);
  return address;
}

function parsePrefix(text: string): string {
  if (text === '') return '';
  const slash = text.lastIndexOf('/');
  const fault = (why: string): Error => new Error(`netip.ParsePrefix(${quote(text)}): ${why}`);
  if (slash < 0) throw fault("no '/'");
  const address = formatAddress(text.slice(0, slash));
  if (address === undefined) throw fault(`ParseAddr(${quote(text.slice(0, slash))}): unable to parse IP`);
  if (address.includes('%')) throw fault('IPv6 zones cannot be present in a prefix');
  const bits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(bits)) throw fault(`bad bits after slash: ${quote(bits)}`);
  if (Number(bits) > (isIPv4(address) ? 32 : 128)) throw fault('prefix length out of range');
  return `${address}/${bits}`;
}

function parseHardwareAddress(text: string): string {
  if (text === '') return '';
  const digits = text.replace(/[:.-]/g, '').toLowerCase();
  const grouped = /^([0-9a-f]{2}([:-])[0-9a-f]{2}(\2[0-9a-f]{2})+|[0-9a-f]{4}(\.[0-9a-f]{4})+)$/i.test(text);
  if (!grouped || ![12, 16, 40].includes(digits.length)) throw new Error(`address ${text}: invalid MAC address`);
  return (digits.match(/../g) as string[]).join(':');
}

/** netip.Addr: text, empty for none. */
export const goAddress: GoType<string> = { kind: 'string', name: 'netip.Addr', parse: parseAddress };
/** netip.Prefix: text, empty for none. */
export const goPrefix: GoType<string> = { kind: 'string', name: 'netip.Prefix', parse: parsePrefix };
/** A hardware address, as net.ParseMAC reads it and String writes it. */
export const goHardwareAddress: GoType<string> = {
  kind: 'string',
  name: 'network.HardwareAddr',
  parse: parseHardwareAddress,
};
