import type { Context } from '../context.js';
import type { Network } from './network.js';

/** A network by its name or id; undefined for none. */
export function find(context: Context, term: string): Network | undefined {
  try {
    return context.networks.resolve(term);
  } catch {
    return undefined;
  }
}
