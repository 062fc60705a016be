import type { SystemInfo } from '../../support/foundation/types.js';
import { trimRight } from '../../support/go/strings.js';
import type { RegistryOptions } from '../../support/registry-client/types.js';
import type { Wire } from '../wire.js';

/** Networks whose registries are always insecure: the local host's. */
const ownNetworks = ['127.0.0.0/8', '::1/128'];

/** Returns the registry configuration of /info (docs/reference/behavior/daemon.md#daemon-information). */
export function registryConfigOf({ insecureRegistries = [], mirrors = [] }: RegistryOptions) {
  const insecure = insecureRegistries.map((registry) => registry.replace(/^https?:\/\//i, ''));
  const networks = insecure.filter((registry) => registry.includes('/'));
  const hosts = insecure.filter((registry) => !registry.includes('/'));
  const urls = [...new Set(mirrors.map((mirror) => `${trimRight(new URL(mirror).href, '/')}/`))];
  const index = (name: string, own: Partial<{ Mirrors: string[]; Secure: boolean; Official: boolean }>) => ({
    [name]: { Name: name, Mirrors: [], Secure: false, Official: false, ...own },
  });
  return {
    InsecureRegistryCIDRs: [...new Set([...ownNetworks, ...networks])].sort(),
    IndexConfigs: Object.assign(
      index('docker.io', { Mirrors: urls, Secure: true, Official: true }),
      ...hosts.map((host) => index(host, {})),
    ),
    Mirrors: urls,
  } satisfies Wire<SystemInfo['RegistryConfig']>;
}
