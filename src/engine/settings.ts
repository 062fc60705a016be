import { formatPrefix, type Prefix } from './networks/prefix.js';

/** Blocks of addresses of one size, of which networks without a subnet of their own get theirs. */
export interface AddressPool {
  readonly base: Prefix;
  /** Bits that are fixed in each block. */
  readonly bits: number;
}

/** How a daemon is set up. */
export interface DaemonSettings {
  /** Whether clients are told to build with BuildKit, which is then theirs to bring. */
  readonly buildkit: boolean;
  /** Whether containers go on when the daemon does not (docs/reference/behavior/daemon.md#restarting-the-daemon). */
  readonly liveRestore: boolean;
  /** Where a daemon says that it keeps what it has: nothing is there. */
  readonly dataRoot: string;
  /** `KEY=VALUE`, for /info. */
  readonly labels: readonly string[];
  /** In their order; dockerd's own without it. */
  readonly addressPools?: readonly AddressPool[] | undefined;
  /** Address or network card at which a swarm is reached that is founded without one; the simulated machine's own without it. */
  readonly swarmAddress?: string | undefined;
  /** What a repository may take that is built from. */
  readonly git: {
    /** On the disk. */
    readonly bytes: number;
    readonly seconds: number;
  };
}

/** A daemon that nobody has set up otherwise. */
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
