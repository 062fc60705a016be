import { AttestdError } from '../../support/foundation/errors.js';
import { compareText, encodeJson, type GoType } from '../../support/go/json.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import type { Clock } from '../../support/sandbox/clock.js';
import type { ByteBudget } from '../../support/sandbox/fs/types.js';
import type { EventBus } from '../events/bus.js';
import { checkKeys, type Filters, matchesExactly, matchesPairs, matchesPrefix } from '../filters.js';
import type { Annotations } from './annotations.js';
import { newSwarmId } from './ids.js';

/** A thing that a swarm keeps, as one version of it is; the next is another object. */
export interface SwarmObject<Data> {
  readonly id: string;
  /** `Version.Index`: grows with each change anywhere in the swarm. */
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly data: Data;
}

/** A kind of things that a swarm keeps. */
export interface ObjectKind<Data> {
  /** As errors, events and files call it: `secret`. */
  readonly name: string;
  /** The persisted form. */
  readonly record: GoType<Data>;
  annotations(data: Data): Partial<Annotations>;
  /** Whether each change is an event of its own; kinds whose events are not as plain leave it out. */
  readonly emitsEvents?: boolean;
}

/** Services shared by the stores of one swarm. */
export interface StoreParts {
  readonly clock: Clock;
  readonly events: EventBus;
  /** Bytes that everything which clients leave here may take. */
  readonly budget: ByteBudget;
  /** The index of the next change. */
  readonly next: () => number;
  /** Called for each changed or removed object. */
  readonly changed: (kind: string, id: string) => void;
}

/** Estimated bytes of an object in addition to its text. */
const overhead = 1024;

/** The things of one kind in a swarm, by their ids. */
export class ObjectStore<Data> {
  readonly #byId = new Map<string, SwarmObject<Data>>();
  readonly #sizes = new Map<string, number>();

  constructor(
    readonly kind: ObjectKind<Data>,
    private readonly parts: StoreParts,
  ) {}

  /** All of them by their ids, as managers list them. */
  list(): readonly SwarmObject<Data>[] {
    return [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Returns the object with an id, if any. */
  byId(id: string): SwarmObject<Data> | undefined {
    return this.#byId.get(id);
  }

  /** Returns the object with a name, ignoring case, if any. */
  byName(name: string): SwarmObject<Data> | undefined {
    for (const object of this.#byId.values()) if (sameName(this.nameOf(object), name)) return object;
    return undefined;
  }

  /**
   * Resolves an id, a name or an id prefix, in this order (docs/reference/behavior/swarm.md#swarm-settings).
   *
   * @throws NOT_FOUND; INVALID_ARGUMENT for an ambiguous prefix
   */
  resolve(term: string): SwarmObject<Data> {
    return this.byId(term) ?? this.byName(term) ?? withPrefix(this.kind.name, term, this.#byId.values());
  }

  /**
   * Selects objects by the filters `id`, `name`, `names` and `label`, and by `also`.
   *
   * @param keys the allowed filters
   * @throws INVALID_ARGUMENT for another filter
   */
  select(
    filters: Filters,
    keys: readonly string[],
    also: (object: SwarmObject<Data>) => boolean = () => true,
  ): readonly SwarmObject<Data>[] {
    checkKeys(filters, keys);
    const accepts = (object: SwarmObject<Data>): boolean =>
      matchesPrefix(filters, 'id', object.id) &&
      matchesPrefix(filters, 'name', this.nameOf(object)) &&
      matchesExactly(filters, 'names', this.nameOf(object)) &&
      matchesPairs(filters, 'label', this.kind.annotations(object.data).Labels ?? {}) &&
      also(object);
    const found = this.list().filter(accepts);
    // A search by name sorts by name.
    return filters.has('name') ? found.sort((a, b) => compareText(this.#folded(a), this.#folded(b))) : found;
  }

  /**
   * Adds an object and logs its event.
   *
   * @param id Default: a new id.
   * @throws ALREADY_EXISTS for a name in use; NO_SPACE if the quota is exhausted
   */
  create(data: Data, id = newSwarmId()): SwarmObject<Data> {
    const { Name: name = '' } = this.kind.annotations(data);
    if (name !== '' && this.byName(name) !== undefined)
      throw new AttestdError(
        'ALREADY_EXISTS',
        `rpc error: code = AlreadyExists desc = ${this.kind.name} ${name} already exists`,
      );
    const now = this.parts.clock.now();
    return this.#put({ id, index: this.parts.next(), createdAt: now, updatedAt: now, data }, 'create');
  }

  /**
   * Stores the next version of an object and logs its event.
   *
   * @param version the index that the client expects
   * @param attributes of the event in addition to the name
   * @throws INTERNAL `update out of sequence` for an outdated index; NO_SPACE
   */
  update(
    { id }: SwarmObject<Data>,
    version: number,
    data: Data,
    attributes: Readonly<Record<string, string>> = {},
  ): SwarmObject<Data> {
    const present = this.byId(id);
    if (present === undefined) throw new AttestdError('NOT_FOUND', `${this.kind.name} ${id} not found`);
    if (present.index !== version)
      throw new AttestdError('INTERNAL', 'rpc error: code = Unknown desc = update out of sequence');
    const updatedAt = this.parts.clock.now();
    return this.#put({ ...present, index: this.parts.next(), updatedAt, data }, 'update', attributes);
  }

  /** Removes an object and logs its event. */
  remove(object: SwarmObject<Data>): void {
    if (!this.#byId.delete(object.id)) return;
    this.#release(object.id);
    this.parts.next();
    this.parts.changed(this.kind.name, object.id);
    this.#notify(object, 'remove', {});
  }

  /** Bring back one of an earlier daemon. @throws NO_SPACE */
  restore(object: SwarmObject<Data>): void {
    this.#reserve(object);
    this.#byId.set(object.id, object);
  }

  /** Forget them all, untold: the swarm is left. */
  clear(): void {
    for (const { id } of this.list()) {
      this.#byId.delete(id);
      this.#release(id);
      this.parts.changed(this.kind.name, id);
    }
  }

  /** The name of one; empty where it has none. */
  nameOf({ data }: SwarmObject<Data>): string {
    return this.kind.annotations(data).Name ?? '';
  }

  #folded(object: SwarmObject<Data>): string {
    return this.nameOf(object).toLowerCase();
  }

  #put(
    object: SwarmObject<Data>,
    action: 'create' | 'update',
    attributes: Readonly<Record<string, string>> = {},
  ): SwarmObject<Data> {
    this.#reserve(object);
    this.#byId.set(object.id, object);
    this.parts.changed(this.kind.name, object.id);
    this.#notify(object, action, attributes);
    return object;
  }

  #notify(object: SwarmObject<Data>, action: string, attributes: Readonly<Record<string, string>>): void {
    if (this.kind.emitsEvents !== true) return;
    const actor = { id: object.id, attributes: { name: this.nameOf(object), ...attributes } };
    this.parts.events.log(this.kind.name, action, actor, 'swarm');
  }

  #reserve({ id, data }: SwarmObject<Data>): void {
    const size = encodeJson(data, this.kind.record).length + overhead;
    this.parts.budget.reserve(size - (this.#sizes.get(id) ?? 0));
    this.#sizes.set(id, size);
  }

  #release(id: string): void {
    this.parts.budget.release(this.#sizes.get(id) ?? 0);
    this.#sizes.delete(id);
  }
}

/**
 * Resolves an id prefix.
 *
 * @param kind name of the kind in errors
 * @throws NOT_FOUND; INVALID_ARGUMENT for an ambiguous prefix
 */
export function withPrefix<T extends { readonly id: string }>(kind: string, term: string, all: Iterable<T>): T {
  const found = term === '' ? [] : [...all].filter(({ id }) => id.startsWith(term));
  const [first] = found;
  if (first === undefined) throw new AttestdError('NOT_FOUND', `${kind} ${term} not found`);
  if (found.length > 1)
    throw new AttestdError('INVALID_ARGUMENT', `${kind} ${term} is ambiguous (${found.length} matches found)`);
  return first;
}

/** Managers ignore the case of names. */
const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Returns the members that every object has in the API. */
export function objectMeta({ id, index, createdAt, updatedAt }: SwarmObject<unknown>): {
  ID: string;
  Version: { Index: number };
  CreatedAt: string;
  UpdatedAt: string;
} {
  return {
    ID: id,
    Version: { Index: index },
    CreatedAt: formatGoTime(new Date(createdAt)),
    UpdatedAt: formatGoTime(new Date(updatedAt)),
  };
}
