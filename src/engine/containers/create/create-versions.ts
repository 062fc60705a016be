import { AttestdError } from '../../../support/foundation/errors.js';
import { decodeJson, goString, pointer, slice, struct } from '../../../support/go/json.js';
import { goHardwareAddress } from '../../../support/go/netip.js';
import { quote } from '../../../support/go/quote.js';
import { type EndpointSettings, emptyEndpoint } from '../../networks/endpoint.js';
import { compareVersions } from '../../versions.js';
import type { ContainerConfig } from './config.js';
import type { HostConfig } from './host-config.js';
import { isUserDefined, networkName, sharedContainer } from './modes.js';

/** A create request while it is read. */
interface Draft {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly endpoints: Record<string, EndpointSettings | undefined>;
  /** Members that the present API does not have any more are read from it. */
  readonly body: Buffer;
}

function refuse(reason: string): never {
  throw new AttestdError('INVALID_ARGUMENT', reason);
}

/**
 * Adapts a create request to the API version of the client: drops members that the version does not know and converts
 * old forms (docs/reference/behavior/containers.md#container-create-versions).
 *
 * @returns warnings
 * @throws INVALID_ARGUMENT for values that the version does not allow
 */
export function adaptRequest(draft: Draft, apiVersion: string): string[] {
  const before = (version: string): boolean => compareVersions(apiVersion, version) < 0;
  const { config, hostConfig, endpoints } = draft;
  const mounts = hostConfig.Mounts ?? [];
  if (before('1.41') && hostConfig.CgroupnsMode === '') hostConfig.CgroupnsMode = 'host';
  if (before('1.42')) {
    for (const mount of mounts) {
      if (mount.Type !== 'volume') delete mount.VolumeOptions;
      if (mount.Type !== 'tmpfs') delete mount.TmpfsOptions;
      delete mount.BindOptions?.CreateMountpoint;
    }
    hostConfig.ConsoleSize = [0, 0];
  } else checkMountOptions(mounts);
  if (before('1.43')) delete hostConfig.Annotations;
  if (before('1.44')) {
    delete config.Healthcheck?.StartInterval;
    if (mounts.some(({ Type, BindOptions }) => Type === 'bind' && BindOptions?.ReadOnlyForceRecursive))
      refuse('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
    const names = Object.keys(endpoints);
    if (names.length > 1) refuse(`Container cannot be created with multiple network endpoints: ${names.join(', ')}`);
  }
  if (before('1.45') && mounts.some(({ VolumeOptions }) => VolumeOptions?.Subpath))
    refuse('VolumeOptions.Subpath needs API v1.45 or newer');
  if (before('1.48')) {
    for (const endpoint of Object.values(endpoints)) if (endpoint) endpoint.GwPriority = 0;
    if (mounts.some(({ Type }) => Type === 'image')) refuse('Mount type "Image" needs API v1.48 or newer');
  }
  const warnings = [before('1.48') ? '' : volumeDriverWarning(hostConfig)];
  if (before('1.52')) warnings.push(adaptLegacy(draft, apiVersion));
  warnings.push(adaptSysctls(draft, apiVersion), adaptPorts(hostConfig, before('1.52')));
  return warnings.filter((warning) => warning !== '');
}

function checkMountOptions(mounts: NonNullable<HostConfig['Mounts']>): void {
  for (const { Type: type = '', VolumeOptions, BindOptions, TmpfsOptions } of mounts) {
    const wrong = (what: string): never => refuse(`${what} must not be specified on mount type "${type}"`);
    if (VolumeOptions && type !== 'volume') wrong('VolumeOptions');
    if (BindOptions && type !== 'bind') wrong('BindOptions');
    if (TmpfsOptions && type !== 'tmpfs') wrong('TmpfsOptions');
  }
}

function volumeDriverWarning({ VolumeDriver: driver, Mounts: mounts = [] }: HostConfig): string {
  const ambiguous = mounts.some(({ Type, VolumeOptions }) => Type === 'volume' && !VolumeOptions?.DriverConfig?.Name);
  return driver === '' || !ambiguous
    ? ''
    : "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. " +
        "Use '--mount type=volume,volume-driver=...' instead";
}

/** Members that only older versions have. */
interface Legacy {
  MacAddress: string;
  HostConfig: { Capabilities: string[] | undefined } | undefined;
}

const legacyType = struct<Legacy>('struct {}', {
  MacAddress: goHardwareAddress,
  HostConfig: pointer(struct<{ Capabilities: string[] | undefined }>('struct {}', { Capabilities: slice(goString) })),
});

function legacyOf(body: Buffer): Legacy {
  try {
    return decodeJson(body, legacyType);
  } catch {
    return { MacAddress: '', HostConfig: undefined };
  }
}

function adaptLegacy(draft: Draft, apiVersion: string): string {
  const { MacAddress: mac, HostConfig: host } = legacyOf(draft.body);
  if (apiVersion === '1.40' && (host?.Capabilities ?? []).length > 0)
    refuse(
      'the HostConfig.Capabilities field is not supported by this daemon; use CapAdd and CapDrop to set capabilities',
    );
  const { NetworkMode: mode } = draft.hostConfig;
  const connected = mode === 'bridge' || isUserDefined(mode);
  if (compareVersions(apiVersion, '1.44') < 0) {
    if (mac === '') for (const endpoint of Object.values(draft.endpoints)) if (endpoint) endpoint.MacAddress = '';
    if (mac === '') return '';
    if (!connected) refuse('conflicting options: mac-address and the network mode');
    mainEndpoint(draft, apiVersion).MacAddress = mac;
    return '';
  }
  if (mac === '') return '';
  if (connected) {
    const endpoint = mainEndpoint(
      draft,
      apiVersion,
      'unable to migrate container-wide MAC address to a specific network: ',
    );
    if (endpoint.MacAddress !== '' && endpoint.MacAddress !== mac)
      refuse(
        'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
      );
    endpoint.MacAddress = mac;
  }
  return 'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.';
}

/** Returns the endpoint of the network in the network mode. Creates it if the request has no endpoints. */
function mainEndpoint({ hostConfig, endpoints }: Draft, apiVersion: string, prefix = ''): EndpointSettings {
  const name = networkName(hostConfig.NetworkMode);
  const [only] = Object.values(endpoints);
  if (Object.keys(endpoints).length === 0) endpoints[name] = emptyEndpoint();
  else if (compareVersions(apiVersion, '1.44') < 0 && only) return only;
  const found = endpoints[name];
  if (found === undefined)
    refuse(`${prefix}HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks`);
  return found;
}

const sysctlOption = 'com.docker.network.endpoint.sysctls';

/** Settings of a network interface belong to its endpoint. */
function adaptSysctls(draft: Draft, apiVersion: string): string {
  const { hostConfig } = draft;
  if (hostConfig.NetworkMode === 'host' || sharedContainer(hostConfig.NetworkMode) !== undefined) return '';
  const moved: [key: string, setting: string][] = [];
  for (const [key, value] of Object.entries(hostConfig.Sysctls ?? {})) {
    const [net, family, scope, device = '', ...rest] = key.split('.');
    if (net !== 'net' || rest.length === 0 || !device.startsWith('eth')) continue;
    if (compareVersions(apiVersion, '1.47') > 0)
      throw new AttestdError(
        'INTERNAL',
        `interface specific sysctl setting ${quote(key)} must be supplied using driver option '${sysctlOption}'`,
      );
    if (device !== 'eth0')
      throw new AttestdError(
        'INTERNAL',
        `unable to determine network endpoint for sysctl ${key}, use driver option '${sysctlOption}' to set per-interface sysctls`,
      );
    moved.push([key, `net.${family}.${scope}.IFNAME.${rest.join('.')}=${value}`]);
  }
  if (moved.length === 0) return '';
  const endpoint = mainEndpoint(draft, apiVersion, `unable to find a network for sysctl ${moved[0]?.[0]}: `);
  const settings = moved.map(([, setting]) => setting).join(',');
  const before = endpoint.DriverOpts?.[sysctlOption];
  endpoint.DriverOpts = {
    ...endpoint.DriverOpts,
    [sysctlOption]: before === undefined ? settings : `${settings},${before}`,
  };
  for (const [key] of moved) delete hostConfig.Sysctls?.[key];
  const keys = moved.map(([key]) => key).join(',');
  return `Migrated sysctl ${quote(keys)} to DriverOpts{"${sysctlOption}":${quote(settings)}}.`;
}

/** An empty list of bindings is one of any address and port. */
function adaptPorts(hostConfig: HostConfig, silent: boolean): string {
  const ports = hostConfig.PortBindings ?? {};
  const empty = Object.keys(ports).filter((port) => (ports[port] ?? []).length === 0);
  for (const port of empty) ports[port] = [{ HostIp: '', HostPort: '' }];
  return empty.length === 0 || silent
    ? ''
    : `Following container port(s) have an empty list of port-bindings: ${empty.join(', ')}. ` +
        'Such bindings will be discarded in a future version.';
}
