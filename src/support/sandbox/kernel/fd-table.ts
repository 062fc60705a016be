import { FileSystemError } from '../fs/errors.js';
import type { Descriptor } from './descriptor.js';

/** The descriptors of a task. */
export class FdTable {
  readonly #open = new Map<number, Descriptor>();

  constructor(initial: ReadonlyMap<number, Descriptor>) {
    for (const [fd, descriptor] of initial) this.set(fd, descriptor);
  }

  get(fd: number): Descriptor | undefined {
    return this.#open.get(fd);
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws FileSystemError EBADF */
  need(fd: number): Descriptor {
    const found = this.#open.get(fd);
    if (found === undefined) throw new FileSystemError('EBADF', String(fd));
    return found;
  }

  set(fd: number, descriptor: Descriptor): void {
    descriptor.retain();
    this.close(fd);
    this.#open.set(fd, descriptor);
  }

  close(fd: number): void {
    const present = this.#open.get(fd);
    if (present === undefined) return;
    this.#open.delete(fd);
    present.release();
  }

  closeAll(): void {
    for (const fd of [...this.#open.keys()]) this.close(fd);
  }

  /** A copy of the numbers and what they refer to, for a child. */
  entries(): ReadonlyMap<number, Descriptor> {
    return new Map(this.#open);
  }
}
