import { createServer, type Server } from 'node:net';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { quote } from '../../support/go/quote.js';
import type { Container } from '../containers/container.js';
import { maxPublishedConnections, maxPublishedPorts } from '../limits.js';
import { formatPort, type PortBinding, type PortMap, parsePort, parsePortRange } from './port.js';

/** Range of host ports for bindings without a port. The system chooses TCP ports. */
const firstEphemeral = 49_153;
const lastEphemeral = 65_535;

/** The owner of published ports: a container, or a service with several tasks. */
export type PortOwner = Pick<Container, 'id' | 'plainName' | 'networks'> & { readonly sandbox: Container['sandbox'] };

/** The ports that containers have published, each a real listener on the loopback address. */
export class PublishedPorts {
  readonly #servers = new Map<string, Map<Server, number>>();
  /** TCP ports that have a listener. */
  readonly #listened = new Set<number>();
  /** Ports without a listener: UDP and SCTP, `53/udp`. */
  readonly #reserved = new Map<string, string>();

  /**
   * Publishes a container's ports (docs/reference/behavior/networks.md#published-ports).
   *
   * @param bindings by container port
   * @returns the bindings of each port; null for a port that is only exposed
   * @throws INTERNAL for a port in use, in dockerd's words
   */
  async publish(container: PortOwner, bindings: PortMap): Promise<PortMap> {
    const published: PortMap = {};
    try {
      for (const [key, requested] of Object.entries(bindings)) {
        if (requested === undefined) published[key] = undefined;
        else published[key] = (await Promise.all(requested.map((one) => this.#bind(container, key, one)))).flat();
      }
      return published;
    } catch (error) {
      this.release(container.id);
      throw error;
    }
  }

  /** Releases all ports of a container. */
  release(containerId: string): void {
    for (const [server, port] of this.#servers.get(containerId) ?? []) {
      server.close();
      this.#listened.delete(port);
    }
    this.#servers.delete(containerId);
    for (const [key, owner] of this.#reserved) if (owner === containerId) this.#reserved.delete(key);
  }

  /** Releases all ports. */
  close(): void {
    for (const id of [...this.#servers.keys()]) this.release(id);
    this.#reserved.clear();
  }

  async #bind(container: PortOwner, key: string, { HostIp: ip, HostPort: range }: PortBinding): Promise<PortBinding[]> {
    const { number, protocol } = parsePort(key);
    const { start, end } = range === '' ? { start: 0, end: 0 } : parsePortRange(range);
    if (this.#listened.size + this.#reserved.size >= maxPublishedPorts)
      throw new AttestdError('INTERNAL', `more than ${maxPublishedPorts} ports are published`);
    let last: unknown;
    for (let port = start; port <= end; port++) {
      // `listen` completes within the same turn of the event loop.
      await yieldIfDue();
      try {
        const bound =
          protocol === 'tcp' ? await this.#listen(container, number, port) : this.#reserve(container, protocol, port);
        const addresses = ip === '' ? ['0.0.0.0', '::'] : [ip];
        return addresses.map((HostIp) => ({ HostIp, HostPort: String(bound) }));
      } catch (error) {
        last = error;
      }
    }
    throw this.#refused(container, ip, start, last);
  }

  #refused(container: PortOwner, ip: string, port: number, cause: unknown): AttestdError {
    const endpoint = [...container.networks.values()].find(({ EndpointID: id }) => id !== '')?.EndpointID ?? '';
    const reason =
      `failed to set up container networking: driver failed programming external connectivity on endpoint ` +
      `${container.plainName} (${endpoint}): Bind for ${ip || '0.0.0.0'}:${port} failed: port is already allocated`;
    return new AttestdError('INTERNAL', reason, { cause });
  }

  #reserve(container: PortOwner, protocol: string, requested: number): number {
    const taken = (port: number): boolean => this.#reserved.has(formatPort({ number: port, protocol }));
    let port = requested;
    if (port === 0) for (port = firstEphemeral; port < lastEphemeral && taken(port); ) port++;
    if (taken(port))
      throw new AttestdError('CONFLICT', `port ${quote(formatPort({ number: port, protocol }))} is taken`);
    this.#reserved.set(formatPort({ number: port, protocol }), container.id);
    return port;
  }

  /**
   * Forwards each connection to the container's listener. Without a listener, closes it immediately, as docker's proxy
   * does.
   */
  async #listen(container: PortOwner, inside: number, port: number): Promise<number> {
    if (this.#listened.has(port)) throw new AttestdError('CONFLICT', `port ${port} is taken`);
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      if (container.sandbox?.connect(inside, socket) !== true) socket.destroy();
    });
    server.maxConnections = maxPublishedConnections;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', () => undefined);
    // A published port does not keep the program from ending.
    server.unref();
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    const servers = this.#servers.get(container.id) ?? new Map<Server, number>();
    this.#servers.set(container.id, servers.set(server, bound));
    this.#listened.add(bound);
    return bound;
  }
}
