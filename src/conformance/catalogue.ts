import type { Requirement } from './requirement.js';
import { entries } from './requirements/ImageAttestations/entries.js';
import { platform } from './requirements/ImageAttestations/platform.js';
import { sources } from './requirements/ImageAttestations/sources.js';
import { statement } from './requirements/ImageAttestations/statement.js';
import { surface } from './requirements/ImageAttestations/surface.js';
import { type } from './requirements/ImageAttestations/type.js';

/** Every requirement, by id. */
export const catalogue: readonly Requirement[] = [entries, platform, sources, statement, surface, type]
  .flat()
  .sort((a, b) => (a.id < b.id ? -1 : 1));
