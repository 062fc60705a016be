/** Builds of the Windows Server releases since which older containers run on newer hosts. */
const serverReleases = [20348, 26100] as const;

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

const none: Version = { major: 0, minor: 0, build: 0 };

/**
 * Whether a host of one Windows version runs containers of another: same build before Server 2022, from then on any
 * build since the long-term release before the host's.
 *
 * @param host `10.0.20348.1`; empty or malformed matches everything
 * @param container the image's os.version; empty matches
 */
export function windowsVersionMatches(host: string, container: string): boolean {
  const on = parse(host);
  if (on === none || container === '' || (on.major === 0 && on.minor === 0 && on.build === 0)) return true;
  const image = parse(container);
  if (on.major !== image.major || on.minor !== image.minor) return false;
  if (on.build < serverReleases[0]) return on.build === image.build;
  const oldest = serverReleases.findLast((release) => on.build > release) ?? serverReleases[0];
  return oldest <= image.build && image.build <= on.build;
}

function parse(text: string): Version {
  const parts = text.split('.').slice(0, 3);
  if (parts.length < 3 || !parts.every((part) => /^\d+$/.test(part))) return none;
  const [major, minor, build] = parts.map(Number) as [number, number, number];
  return major > 0xff || minor > 0xff || build > 0xffff ? none : { major, minor, build };
}
