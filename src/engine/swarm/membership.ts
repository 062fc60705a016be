/**
 * The swarm that the daemon is in, if it is in one: simulated, of a single node that manages it.
 *
 * How to use it: `context.swarm.manager()` gives the swarm, or throws what a daemon says that manages none; every operation that needs
 * one begins with that, after its parameters were read. `swarm.store(kind)` is the store of one kind of things (objects.ts): it
 * finds them by id, name or the beginning of an id, lists them through filters, keeps versions apart, tells events of scope `swarm`
 * and has everything written to disk. A further kind is a value of `ObjectKind` in a file of its own, and an entry in kinds.ts.
 */
import type { Clock } from '../../support/sandbox/clock.js';
import type { ByteBudget } from '../../support/sandbox/fs/types.js';
import type { EventBus } from '../events/bus.js';
import type { NetworkRecord } from '../state/records.js';
import { type ClusterData, clusterKind } from './cluster.js';
import { newSwarmId } from './ids.js';
import { swarmKinds } from './kinds.js';
import { networkKind } from './networks.js';
import { noManager } from './no-manager.js';
import { type NodeData, nodeKind } from './node.js';
import { type ObjectKind, ObjectStore, type SwarmObject } from './objects.js';

/** What a swarm needs of the daemon. */
interface SwarmParts {
  readonly clock: Clock;
  readonly events: EventBus;
  /** Bytes that everything which clients leave here may take. */
  readonly budget: ByteBudget;
}

/** Indices of what a new swarm begins with; what came before was about how they came to be. */
const foundingIndex = { ingress: 8, node: 9, cluster: 10 };

/** A swarm, and all that it keeps. */
export class Swarm {
  readonly #stores = new Map<string, ObjectStore<unknown>>();
  #index = foundingIndex.cluster;

  constructor(
    private readonly parts: SwarmParts,
    private readonly changed: (kind: string, id: string) => void,
  ) {}

  /** The store of a kind of things. */
  store<Data>(kind: ObjectKind<Data>): ObjectStore<Data> {
    const known = this.#stores.get(kind.name) as ObjectStore<Data> | undefined;
    if (known !== undefined) return known;
    const made = new ObjectStore(kind, { ...this.parts, next: () => this.nextIndex(), changed: this.changed });
    this.#stores.set(kind.name, made as ObjectStore<unknown>);
    return made;
  }

  /** The index of the next change, of tasks too, which have no store of their own. */
  nextIndex(): number {
    return ++this.#index;
  }

  /** The swarm itself. */
  get cluster(): SwarmObject<ClusterData> {
    return this.store(clusterKind).list()[0] as SwarmObject<ClusterData>;
  }

  /** This daemon, as a node of it. */
  get node(): SwarmObject<NodeData> {
    return this.store(nodeKind).list()[0] as SwarmObject<NodeData>;
  }

  /** Bring back a thing of an earlier daemon. @throws NO_SPACE */
  restore<Data>(kind: ObjectKind<Data>, object: SwarmObject<Data>): void {
    this.store(kind).restore(object);
    this.#index = Math.max(this.#index, object.index);
  }

  /** Forget all that it keeps. */
  clear(): void {
    for (const store of this.#stores.values()) store.clear();
  }
}

/** Whether the daemon is in a swarm, and in which. */
export class SwarmMembership {
  #current: Swarm | undefined;
  #generation = 0;
  readonly #observers: ((kind: string, id: string) => void)[] = [];

  constructor(private readonly parts: SwarmParts) {}

  /** The swarm; undefined for none. */
  get current(): Swarm | undefined {
    return this.#current;
  }

  /** Grows whenever a swarm is founded or left. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * The swarm that this daemon manages.
   *
   * @throws UNAVAILABLE where it manages none
   */
  manager(): Swarm {
    if (this.#current === undefined) throw noManager();
    return this.#current;
  }

  /** Hear of each thing of the swarm that has changed or is gone, by its kind and id. */
  observe(observer: (kind: string, id: string) => void): void {
    this.#observers.push(observer);
  }

  /** Begin a swarm of this daemon alone. */
  found(cluster: ClusterData, node: NodeData, ingress: NetworkRecord): Swarm {
    const swarm = this.#make();
    const now = this.parts.clock.now();
    const made = { createdAt: now, updatedAt: now };
    const id = newSwarmId();
    swarm.restore(clusterKind, { ...made, id: newSwarmId(), index: foundingIndex.cluster, data: cluster });
    swarm.restore(nodeKind, { ...made, id, index: foundingIndex.node, data: node });
    swarm.restore(networkKind, { ...made, id: ingress.id, index: foundingIndex.ingress, data: ingress });
    this.#current = swarm;
    this.#generation++;
    this.#changed(networkKind.name, ingress.id);
    this.#changed(clusterKind.name, swarm.cluster.id);
    this.#changed(nodeKind.name, id);
    const attributes = { name: node.hostname, 'state.new': 'ready', 'state.old': 'unknown' };
    this.parts.events.log('node', 'update', { id, attributes }, 'swarm');
    return swarm;
  }

  /** Be in no swarm any more: what it kept is gone. */
  leave(): void {
    const swarm = this.#current;
    this.#current = undefined;
    this.#generation++;
    swarm?.clear();
  }

  /**
   * Bring back the swarm of an earlier daemon.
   *
   * @param objects of each kind, as it was written
   * @returns whether it is there: without its node or itself it is not
   */
  restore(objects: ReadonlyMap<string, readonly SwarmObject<unknown>[]>): boolean {
    if ([clusterKind, nodeKind].some(({ name }) => objects.get(name)?.length !== 1)) return false;
    const swarm = this.#make();
    for (const kind of swarmKinds) for (const object of objects.get(kind.name) ?? []) swarm.restore(kind, object);
    this.#current = swarm;
    return true;
  }

  #make(): Swarm {
    return new Swarm(this.parts, (kind, id) => this.#changed(kind, id));
  }

  #changed(kind: string, id: string): void {
    for (const observer of this.#observers) observer(kind, id);
  }
}
