import { posix } from 'node:path';
import { parsePrefix } from '../engine/networks/prefix.js';
import type { AddressPool, DaemonSettings } from '../engine/settings.js';
import { checkAgainst, invalid } from '../support/foundation/checked-yaml.js';

const schemaFile = new URL('../../schemas/daemon-1.0.json', import.meta.url);

/** The file as it is written. */
interface Written {
  readonly 'data-root'?: string;
  readonly debug?: boolean;
  readonly 'default-address-pools'?: readonly { readonly base: string; readonly size: number }[];
  readonly features?: { readonly buildkit?: boolean };
  readonly 'insecure-registries'?: readonly string[];
  readonly labels?: readonly string[];
  readonly 'live-restore'?: boolean;
  readonly 'registry-mirrors'?: readonly string[];
  readonly 'swarm-default-advertise-addr'?: string;
}

/** What a file like dockerd's daemon.json sets up. */
export interface DaemonConfig {
  readonly settings: Partial<DaemonSettings>;
  readonly debug: boolean;
  readonly insecureRegistries: readonly string[] | undefined;
  readonly mirrors: readonly string[] | undefined;
}

/**
 * Read a file like dockerd's daemon.json (docs/reference/server.md#a-file-like-daemonjson). An empty one says nothing.
 *
 * @param text of the file
 * @param name of the file, for messages
 * @throws AttestdError INVALID_ARGUMENT that names the place and what is wrong there; for what attestd does not follow, too
 */
export async function readDaemonConfig(text: string, name: string): Promise<DaemonConfig> {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw invalid(name, (error as Error).message);
  }
  const written = await checkAgainst<Written>(value, name, schemaFile);
  const { features, labels, 'default-address-pools': pools, 'live-restore': liveRestore } = written;
  const { 'data-root': dataRoot, 'swarm-default-advertise-addr': swarmAddress } = written;
  return {
    settings: {
      ...(features?.buildkit !== undefined && { buildkit: features.buildkit }),
      ...(liveRestore !== undefined && { liveRestore }),
      ...(dataRoot !== undefined && { dataRoot: posix.normalize(dataRoot).replace(/(?<=.)\/$/, '') }),
      ...(labels && { labels }),
      ...(swarmAddress && { swarmAddress }),
      ...(pools && { addressPools: pools.map((pool) => poolOf(pool, name)) }),
    },
    debug: written.debug ?? false,
    insecureRegistries: written['insecure-registries'],
    mirrors: written['registry-mirrors'],
  };
}

function poolOf({ base, size }: { readonly base: string; readonly size: number }, name: string): AddressPool {
  const [address = '', bits = ''] = base.split('/');
  const fits = address.split('.').every((part) => Number(part) < 256) && Number(bits) <= 32;
  if (!fits) throw invalid(name, `default-address-pools: ${base} is no network`);
  const prefix = parsePrefix(base);
  if (size < prefix.bits) throw invalid(name, `default-address-pools: blocks of ${size} bits do not fit in ${base}`);
  return { base: prefix, bits: size };
}
