/**
 * The daemon's membership in a swarm, which is simulated and has this daemon as its single node and manager.
 * `context.swarm.manager()` returns the swarm, or throws the error of a daemon that is not a manager. Every operation
 * that needs a swarm calls it first, after reading its parameters. `swarm.store(kind)` is the store of one kind of
 * objects (objects.ts): it resolves ids, names and id prefixes, lists with filters, tracks versions, logs events of
 * scope `swarm` and persists each change. To add a kind, add a file with an `ObjectKind` and an entry in kinds.ts.
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

/** The daemon's services used by a swarm. */
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

/** Whether the daemon is in a swarm, and its current swarm. */
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

  /** Registers an observer of changed and removed swarm objects, by kind and id. */
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
   * Restores the swarm of an earlier daemon.
   *
   * @param objects of each kind, in their persisted form
   * @returns false if the node or the cluster object is missing
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
