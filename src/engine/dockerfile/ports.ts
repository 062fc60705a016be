import { AttestdError } from '../../support/foundation/errors.js';

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

const largestPort = 65_535;
const protocols = ['tcp', 'udp', 'sctp'];

/** Ports that an image exposes. However often ranges of them are added, each port is added once. */
export class PortSet {
  /** By protocol: for each port the next one, itself included, that is not in the set. */
  private readonly missing = new Map<string, Uint32Array>();
  private readonly ports: string[] = [];

  /**
   * Add `80`, `81/udp` or `8000-8002`, with the protocol tcp by default.
   *
   * @throws AttestdError INVALID_ARGUMENT with dockerd's text
   */
  add(text: string): void {
    const [spec = '', named = ''] = text.split('/');
    // Where it would be published is no matter of the image.
    const range = spec.split(':').at(-1) ?? '';
    if (range === '') throw bad(`no port specified: ${text}<empty>`);
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || first > last || last > largestPort) throw bad(`invalid containerPort: ${text}`);
    const protocol = named.toLowerCase() || 'tcp';
    if (!protocols.includes(protocol)) throw bad(`invalid proto: ${named}`);
    const missing = this.missing.get(protocol) ?? Uint32Array.from({ length: largestPort + 2 }, (_, port) => port);
    this.missing.set(protocol, missing);
    for (let port = find(missing, first); port <= last; port = find(missing, port)) {
      this.ports.push(`${port}/${protocol}`);
      missing[port] = port + 1;
    }
  }

  /** The ports with their protocols: `80/tcp`. */
  list(): readonly string[] {
    return this.ports;
  }
}

/** The first port, from one on, that is not in the set; the way there is shortened for the next time. */
function find(missing: Uint32Array, from: number): number {
  let end = from;
  while (missing[end] !== end) end = missing[end] as number;
  for (let at = from; at !== end; ) {
    const next = missing[at] as number;
    missing[at] = end;
    at = next;
  }
  return end;
}
