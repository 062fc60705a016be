import { AttestdError } from '../../support/foundation/errors.js';
import { isUserDefined } from '../containers/create/modes.js';
import type { Context } from '../context.js';
import { interfaceErrors } from './driver-options.js';
import type { EndpointSettings } from './endpoint.js';
import { find } from './find.js';
import type { Network } from './network.js';
import { contains } from './prefix.js';

/**
 * Checks the endpoint settings of a create request.
 *
 * @throws INVALID_ARGUMENT with all errors, in dockerd's words
 */
export function checkEndpoints(
  context: Context,
  requested: Readonly<Record<string, EndpointSettings | undefined>>,
): void {
  const faults = Object.entries(requested).flatMap(([name, settings]) => {
    if (settings === undefined) return [`invalid config for network ${name}: EndpointsConfig is nil`];
    const inner = endpointErrors(find(context, name), name, settings);
    return inner.length === 0
      ? []
      : [`invalid config for network ${name}: invalid endpoint settings:\n${inner.join('\n')}`];
  });
  if (faults.length > 0) throw new AttestdError('INVALID_ARGUMENT', faults.join('\n'));
}

/** Returns the errors of endpoint settings, in dockerd's words. */
export function endpointErrors(network: Network | undefined, name: string, settings: EndpointSettings): string[] {
  const { IPAMConfig: ipam, Aliases: aliases } = settings;
  const { IPv4Address: v4 = '', IPv6Address: v6 = '' } = ipam ?? {};
  const faults: string[] = [];
  if (!isUserDefined(name)) {
    if (v4 !== '' || v6 !== '') faults.push('user-specified IP address is supported on user-defined networks only');
    if ((aliases ?? []).length > 0) faults.push('network-scoped aliases are only supported for user-defined networks');
  }
  for (const address of [v4, v6]) {
    if (address === '' || network === undefined || network.configOnly) continue;
    if (!network.pools.some(({ prefix }) => contains(prefix, address)))
      faults.push(`no configured subnet contains IP address ${address}`);
  }
  faults.push(...interfaceErrors(settings.DriverOpts ?? {}));
  return faults;
}

/** @throws INVALID_ARGUMENT for invalid endpoint settings */
export function checkSettings(network: Network, settings: EndpointSettings): void {
  const faults = endpointErrors(network, network.name, settings);
  if (faults.length > 0) throw new AttestdError('INVALID_ARGUMENT', `invalid endpoint settings:\n${faults.join('\n')}`);
}
