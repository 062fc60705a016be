import { formatPrefix, type Prefix } from './networks/prefix.js';

/** A range of addresses and the block size for networks without a subnet. */
export interface AddressPool {
  readonly base: Prefix;
  /** Bits that are fixed in each block. */
  readonly bits: number;
}

/** The configuration of a daemon. */
export interface DaemonSettings {
  /** Whether the daemon recommends BuildKit to clients. Clients must bring it themselves. */
  readonly buildkit: boolean;
  /**
   * Whether containers keep running while the daemon is stopped
   * (docs/reference/behavior/daemon.md#restarting-the-daemon).
   */
  readonly liveRestore: boolean;
  /** The reported data directory. Nothing is stored in it. */
  readonly dataRoot: string;
  /** `KEY=VALUE`, for /info. */
  readonly labels: readonly string[];
  /** In order. Default: dockerd's pools. */
  readonly addressPools?: readonly AddressPool[] | undefined;
  /** Default advertise address or interface of a swarm. Default: the simulated host's address. */
  readonly swarmAddress?: string | undefined;
  /** Limits of Git repositories used as build contexts. */
  readonly git: {
    /** On the disk. */
    readonly bytes: number;
    readonly seconds: number;
  };
}

/** The default configuration. */
export const defaultSettings: DaemonSettings = {
  buildkit: true,
  liveRestore: false,
  dataRoot: '/var/lib/docker',
  labels: [],
  git: { bytes: 2 * 2 ** 30, seconds: 600 },
};

/** As /info shows it. */
export function poolObject({ base, bits }: AddressPool): { readonly Base: string; readonly Size: number } {
  return { Base: formatPrefix(base), Size: bits };
}
