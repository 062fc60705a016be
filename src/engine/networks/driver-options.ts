import { isIP } from 'node:net';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { atoi, parseBool } from '../../support/go/strconv.js';

const bridge = 'com.docker.network.bridge.';
/** Names of a bridge's options. */
export const bridgeName = `${bridge}name`;
const mtu = 'com.docker.network.driver.mtu';
const flags = ['enable_icc', 'enable_ip_masquerade', 'inhibit_ipv4'].map((name) => bridge + name);
const addresses = [`${bridge}host_binding_ipv4`, 'com.docker.network.host_ipv4', 'com.docker.network.host_ipv6'];
const gatewayModes = ['nat', 'nat-unprotected', 'routed', 'isolated'];
const isolatedMode = `${bridge}gateway_mode_ipv`;
/** Limits of Linux. */
const largestMtu = 65535;
const maxInterfaceNameLength = 15;
const largestVlan = 4094;

/** Network interfaces of the simulated host, without bridges. */
export const hostInterfaces: readonly string[] = ['lo', 'eth0'];

type Options = Readonly<Record<string, string>>;

const bad = (reason: string): AttestdError => new AttestdError('INVALID_ARGUMENT', reason);
const failed = (reason: string): AttestdError => new AttestdError('INTERNAL', reason);

/**
 * Checks the driver options of a network (docs/reference/behavior/networks.md#networks).
 *
 * @param bridges names of the existing bridges
 * @throws INVALID_ARGUMENT for unreadable values; INTERNAL for values that the driver or the kernel rejects, in
 * dockerd's words
 */
export function checkDriverOptions(
  driver: string,
  options: Options,
  { internal, bridges }: { readonly internal: boolean; readonly bridges: readonly string[] },
): void {
  if (driver === 'bridge') checkBridge(options, internal);
  else if (driver === 'macvlan' || driver === 'ipvlan') checkLink(driver, options, bridges);
}

function checkBridge(options: Options, internal: boolean): void {
  for (const key of flags) parsed(options, key, parseBool);
  for (const key of addresses)
    parsed(options, key, (text) => {
      if (isIP(text) === 0) throw new Error('nil ip');
    });
  for (const family of [4, 6])
    parsed(options, `${isolatedMode}${family}`, (text) => {
      if (!gatewayModes.includes(text)) throw new Error(`unknown gateway mode ${text}`);
    });
  const size = parsed(options, mtu, atoi) ?? 0;
  if (size < 0) throw bad(`invalid MTU number: ${size}`);
  if ([4, 6].some((family) => options[`${isolatedMode}${family}`] === 'isolated') && !internal)
    throw failed("gateway mode 'isolated' can only be used for an internal network");
  const name = options[bridgeName] ?? '';
  if (hostInterfaces.includes(name)) throw failed(`existing interface ${name} is not a bridge`);
  if (Buffer.byteLength(name) > maxInterfaceNameLength) throw failed('numerical result out of range');
  if (/[\s/:]/.test(name) || size > largestMtu) throw failed('invalid argument');
}

function parsed<T>(options: Options, key: string, parse: (text: string) => T): T | undefined {
  const text = options[key];
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw bad(`failed to parse ${key} value: ${text} (${(error as Error).message})`);
  }
}

const linkModes = { macvlan: ['bridge', 'private', 'vepa', 'passthru'], ipvlan: ['l2', 'l3', 'l3s'] };
const linkFlags = ['bridge', 'private', 'vepa'];

function checkLink(driver: 'macvlan' | 'ipvlan', options: Options, bridges: readonly string[]): void {
  const { [`${driver}_mode`]: mode = '', ipvlan_flag: flag = '', parent = '' } = options;
  const [usual] = linkModes[driver];
  if (mode !== '' && !linkModes[driver].includes(mode))
    throw failed(`requested ${driver} mode '${mode}' is not valid, '${usual}' mode is the ${driver} driver default`);
  if (driver === 'ipvlan' && flag !== '' && !linkFlags.includes(flag))
    throw failed(`requested ipvlan flag '${flag}' is not valid, 'bridge' is the ipvlan driver default`);
  if (parent === 'lo') throw failed(`loopback interface is not a valid ${driver} parent link`);
  const present = (name: string): boolean => hostInterfaces.includes(name) || bridges.includes(name);
  if (parent === '' || present(parent)) return;
  const [parentInterface = '', vlan, more] = parent.split('.');
  if (vlan === undefined || more !== undefined)
    throw failed(`invalid subinterface vlan name ${parent}, example formatting is eth0.10`);
  if (!/^\d+$/.test(vlan)) throw failed(`unable to parse a valid vlan id from: ${vlan} (ex. eth0.10 for vlan 10)`);
  if (Number(vlan) < 1 || Number(vlan) > largestVlan)
    throw failed(`vlan id must be between 1-${largestVlan}, received: ${vlan}`);
  if (!present(parentInterface)) throw failed(`-o parent interface was not found on the host: ${parentInterface}`);
}

/** Whether the driver does not reserve a default gateway. Containers then get the first address. */
export function isGatewayless(driver: string, options: Options, family: 4 | 6): boolean {
  if (driver === 'bridge') return options[`${isolatedMode}${family}`] === 'isolated';
  return driver === 'macvlan' || driver === 'ipvlan';
}

/**
 * Returns the address family from the driver options of older clients, and removes it from them. The request's own
 * member takes precedence.
 *
 * @throws INVALID_ARGUMENT for a value that is not boolean
 */
export function familyOption(
  options: Record<string, string>,
  family: 4 | 6,
  given: boolean | undefined,
): boolean | undefined {
  const key = `com.docker.network.enable_ipv${family}`;
  const text = options[key];
  if (text === undefined) return given;
  if (given !== undefined) {
    delete options[key];
    return given;
  }
  try {
    return parseBool(text);
  } catch {
    throw bad(`driver-opt ${quote(key)} is not a valid bool`);
  }
}

const interfaceSetting = /^net\.(?:ipv4|ipv6|mpls)\.[^.]+\.IFNAME\..+$/;

/** Returns the errors of a container's interface settings, in dockerd's words. */
export function interfaceErrors(options: Options): string[] {
  const text = options['com.docker.network.endpoint.sysctls'];
  if (text === undefined) return [];
  const how = "represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'";
  const faults = text
    .split(',')
    .filter((setting) => !interfaceSetting.test(setting))
    .map((setting) => `unrecognised network interface sysctl '${setting}'; ${how}`);
  return faults.length > 1 ? faults.map((fault) => `* ${fault}`) : faults;
}
