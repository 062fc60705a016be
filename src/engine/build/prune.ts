import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, valuesOf } from '../filters.js';
import { parseTime } from '../timestamps.js';
import type { AnswerOf } from '../wire.js';

const known = ['description', 'id', 'inuse', 'parent', 'private', 'shared', 'type', 'until', 'unused-for'];

/**
 * `POST /build/prune`: there is no BuildKit, and so no cache of it (docs/reference/behavior/builder.md#the-classic-builder).
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export function pruneBuildCache(context: Context, filters: Filters): AnswerOf<'BuildPrune'> {
  try {
    checkKeys(filters, known);
    for (const text of valuesOf(filters, 'until')) checkTime(text, context.clock());
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `failed to prune build cache: ${error.message}`, { cause: error });
  }
  return { CachesDeleted: null, SpaceReclaimed: 0 };
}

function checkTime(text: string, now: Date): void {
  try {
    parseTime(text, now);
  } catch (error) {
    const why = `"until" filter expects a duration (e.g., '24h') or a timestamp: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}
