import { FileSystemError } from './errors.js';
import type { ByteBudget } from './types.js';

/** A number of bytes that several writable layers share. */
export class Budget implements ByteBudget {
  readonly limit: number;
  isLenient = false;
  #used = 0;

  /** @param limit bytes; Infinity for none */
  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  reserve(bytes: number): void {
    if (!this.isLenient && this.#used + bytes > this.limit) throw new FileSystemError('ENOSPC', '');
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
