/** What each overlay channel changes, by place, for marking it in the documentation. */
import type { Channel } from '../../src/spec/build.js';
import { buildDescription } from '../../src/spec/build.js';
import type { Description, Json } from '../../src/spec/document.js';
import { fromPointer } from '../../src/spec/pointer.js';
import { compareValues, type Difference } from '../../src/spec/structure.js';

/** The description after each channel, and what each one changed. */
export interface Patched {
  readonly before: Description;
  readonly after: Description;
  readonly changes: Readonly<Record<Channel, readonly Difference[]>>;
}

const value = (description: Description): Json => description as unknown as Json;

/**
 * Applies the channels one after the other.
 *
 * @returns the description before and after, and the differences that each channel made
 */
export function patch(): Patched {
  const before = buildDescription([]);
  const standard = buildDescription(['standard']);
  const experimental = buildDescription(['standard', 'experimental']);
  const after = buildDescription();
  return {
    before,
    after,
    changes: {
      standard: compareValues(value(before), value(standard)),
      experimental: compareValues(value(standard), value(experimental)),
      corrections: compareValues(value(experimental), value(after)),
    },
  };
}

/** Parts of the description that the documentation shows as units; a change marks the innermost that holds it. */
function isUnit(path: readonly string[]): boolean {
  const [last, before] = [path.at(-1) ?? '', path.at(-2) ?? ''];
  if (path[0] === 'tags') return path.length === 2;
  if (path[0] === 'definitions' && path.length === 2) return true;
  if (path[0] === 'paths' && path.length === 3) return true;
  return ['properties', 'parameters', 'responses'].includes(before) && last !== '';
}

/** The channel that last touched each unit. */
export class Marks {
  private readonly units = new Map<string, Channel>();

  constructor(patched: Patched) {
    for (const [channel, differences] of Object.entries(patched.changes) as [Channel, readonly Difference[]][]) {
      for (const { pointer } of differences) this.mark(fromPointer(pointer), channel);
    }
  }

  private mark(path: readonly string[], channel: Channel): void {
    // A path that is new as a whole is shown as its operations.
    if (path[0] === 'paths' && path.length === 2) {
      for (const method of ['get', 'head', 'post', 'put', 'delete'])
        this.units.set([...path, method].join('\n'), channel);
      return;
    }
    for (let length = path.length; length > 0; length--) {
      const unit = path.slice(0, length);
      if (!isUnit(unit)) continue;
      const key = unit.join('\n');
      // What is new stays marked as new when a correction touches it as well.
      if (!(channel === 'corrections' && this.units.has(key))) this.units.set(key, channel);
      return;
    }
  }

  /**
   * The channel that changed a unit.
   *
   * @param path where the unit stands in the description
   * @returns the channel, or undefined
   */
  at(path: readonly (string | number)[]): Channel | undefined {
    return this.units.get(path.join('\n'));
  }
}
