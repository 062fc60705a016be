import { based } from './bases.js';
import type { Requirement } from './requirement.js';
import { requirementLists } from './requirements/index.js';

/** Every requirement, by id. */
export const catalogue: readonly Requirement[] = requirementLists
  .flat()
  .map(based)
  .sort((a, b) => (a.id < b.id ? -1 : 1));
