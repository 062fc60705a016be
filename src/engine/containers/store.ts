import { randomBytes } from 'node:crypto';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { containerNameBytes, containerOverheadBytes } from '../limits.js';
import { estimateBytes, ObjectQuota } from '../object-quota.js';
import type { Container } from './container.js';
import { randomName } from './create/random-name.js';

const validName = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const allowedCharacters = '[a-zA-Z0-9][a-zA-Z0-9_.-]';

const idBytes = 32;
/** A pool of random bytes, because each system call for random bytes is slow. */
let pool = Buffer.alloc(0);

/** Returns 64 hexadecimal digits. The first twelve are never all decimal digits. */
export function newId(): string {
  for (;;) {
    if (pool.length === 0) pool = randomBytes(idBytes * 128);
    const id = pool.toString('hex', 0, idBytes);
    pool = pool.subarray(idBytes);
    // A short id of digits alone would be taken for a number.
    if (!/^\d{12}/.test(id)) return id;
  }
}

/** The containers, by id and by name. */
export class ContainerStore {
  /** Moves with each container that comes or goes. */
  generation = 0;
  readonly #byId = new Map<string, Container>();
  /** Names with their slash, also those of containers that are being made. */
  readonly #names = new Map<string, string>();
  /** Names by id. */
  readonly #namesById = new Map<string, Set<string>>();

  /** @param quota shared by all objects that clients create */
  constructor(private readonly quota = new ObjectQuota()) {}

  /** All containers, the oldest first. */
  list(): readonly Container[] {
    return [...this.#byId.values()];
  }

  /** The container of that very id. */
  byId(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** The container of that very name, with or without its slash. */
  byName(name: string): Container | undefined {
    const id = this.#names.get(name.startsWith('/') ? name : `/${name}`);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /**
   * Resolves an id, a name or an id prefix (docs/reference/behavior/containers.md#container-names).
   *
   * @throws NOT_FOUND; INVALID_ARGUMENT for an empty text or an ambiguous prefix
   */
  resolve(text: string): Container {
    if (text === '') throw new AttestdError('INVALID_ARGUMENT', `invalid name or ID supplied: ${quote(text)}`);
    const exact = this.#byId.get(text) ?? this.byName(text);
    if (exact !== undefined) return exact;
    const found = this.list().filter(({ id }) => id.startsWith(text));
    if (found.length > 1)
      throw new AttestdError('INVALID_ARGUMENT', `multiple IDs found with provided prefix: ${text}`);
    const [only] = found;
    if (only === undefined) throw new AttestdError('NOT_FOUND', `No such container: ${text}`);
    return only;
  }

  /**
   * Reserves a name, or invents one.
   *
   * @param name with or without its slash; empty for any
   * @returns the name with its slash
   * @throws INVALID_ARGUMENT for a malformed name; CONFLICT for a name in use; NO_SPACE
   */
  reserve(id: string, name: string): string {
    if (name === '') return this.#invent(id);
    if (!validName.test(name))
      throw new AttestdError(
        'INVALID_ARGUMENT',
        `Invalid container name (${name}), only ${allowedCharacters} are allowed`,
      );
    const full = name.startsWith('/') ? name : `/${name}`;
    const owner = this.#names.get(full);
    if (owner !== undefined && owner !== id)
      throw new AttestdError(
        'CONFLICT',
        `Conflict. The container name ${quote(full)} is already in use by container ${quote(owner)}. ` +
          'You have to remove (or rename) that container to be able to reuse that name.',
      );
    this.#addName(id, full);
    return full;
  }

  #invent(id: string): string {
    for (let attempt = 0; attempt < 6; attempt++) {
      const name = `/${randomName(attempt)}`;
      if (!this.#names.has(name)) return this.reserve(id, name);
    }
    return this.reserve(id, id.slice(0, 12));
  }

  /** Adds a link name below the name of the linked container. Does nothing if the name is in use. */
  addLinkName(id: string, name: string): void {
    if (!this.#names.has(name)) this.#addName(id, name);
  }

  #addName(id: string, name: string): void {
    this.quota.reserve(`name ${name}`, containerNameBytes + 2 * name.length);
    this.#names.set(name, id);
    const names = this.#namesById.get(id);
    if (names === undefined) this.#namesById.set(id, new Set([name]));
    else names.add(name);
  }

  /** Give a name back. */
  release(name: string): void {
    const id = this.#names.get(name) ?? '';
    this.quota.release(`name ${name}`);
    this.#names.delete(name);
    const names = this.#namesById.get(id);
    names?.delete(name);
    if (names?.size === 0) this.#namesById.delete(id);
  }

  /** Returns the names of a container and its link names, sorted. */
  namesOf(id: string): readonly string[] {
    return [...(this.#namesById.get(id) ?? [])].sort();
  }

  /**
   * Charges the quota for a container's configuration and connections.
   *
   * @throws NO_SPACE
   */
  chargeQuota({ id, config, hostConfig, networks, mounts }: Container): void {
    this.quota.reserve(id, containerOverheadBytes + estimateBytes([config, hostConfig, networks, mounts]));
  }

  /** Keep a container whose name is reserved. @throws NO_SPACE */
  add(container: Container): void {
    this.chargeQuota(container);
    this.#byId.set(container.id, container);
    this.generation++;
  }

  /** Forget a container with its names. */
  remove({ id }: Container): void {
    this.#byId.delete(id);
    this.quota.release(id);
    this.generation++;
    for (const name of this.namesOf(id)) this.release(name);
  }
}
