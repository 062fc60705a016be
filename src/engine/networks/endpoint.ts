import { zero } from '../../support/go/json/decode.js';
import { type GoType, goInt, goString, map, pointer, slice, struct } from '../../support/go/json.js';
import { goAddress, goHardwareAddress } from '../../support/go/netip.js';

/** Addresses that a client asks for. */
export interface EndpointIpam {
  IPv4Address?: string;
  IPv6Address?: string;
  LinkLocalIPs?: string[];
}

/** The requested and actual settings of an endpoint (`network.EndpointSettings`). */
export interface EndpointSettings {
  IPAMConfig: EndpointIpam | undefined;
  Links: string[] | undefined;
  Aliases: string[] | undefined;
  DriverOpts: Record<string, string> | undefined;
  GwPriority: number;
  NetworkID: string;
  EndpointID: string;
  Gateway: string;
  IPAddress: string;
  MacAddress: string;
  IPPrefixLen: number;
  IPv6Gateway: string;
  GlobalIPv6Address: string;
  GlobalIPv6PrefixLen: number;
  DNSNames: string[] | undefined;
  /** The requested MAC address, set from the first start on. Not part of responses. */
  desiredMac?: string;
}

const endpointIpamType = struct<EndpointIpam>('network.EndpointIPAMConfig', {
  'IPv4Address?': goAddress,
  'IPv6Address?': goAddress,
  'LinkLocalIPs?': slice(goAddress),
});

/** network.EndpointSettings */
export const endpointSettingsType: GoType<EndpointSettings> = struct<EndpointSettings>('network.EndpointSettings', {
  IPAMConfig: pointer(endpointIpamType),
  Links: slice(goString),
  Aliases: slice(goString),
  DriverOpts: map(goString),
  GwPriority: goInt,
  NetworkID: goString,
  EndpointID: goString,
  Gateway: goAddress,
  IPAddress: goAddress,
  MacAddress: goHardwareAddress,
  IPPrefixLen: goInt,
  IPv6Gateway: goAddress,
  GlobalIPv6Address: goAddress,
  GlobalIPv6PrefixLen: goInt,
  DNSNames: slice(goString),
});

/** Returns empty endpoint settings. */
export function emptyEndpoint(): EndpointSettings {
  return zero(endpointSettingsType) as EndpointSettings;
}

/** The networks of a create request, by name or id. */
export interface NetworkingConfig {
  EndpointsConfig: Record<string, EndpointSettings | undefined> | undefined;
}

/** network.NetworkingConfig */
export const networkingConfigType: GoType<NetworkingConfig> = struct<NetworkingConfig>('network.NetworkingConfig', {
  EndpointsConfig: map(pointer(endpointSettingsType)),
});
