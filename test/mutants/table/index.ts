import type { Area } from '../mutant.js';
import { attestationParameters, attestations } from './attestations.js';
import { content } from './content.js';
import { historyAndArchives, inspecting, listing } from './reads.js';
import { statements } from './statements.js';
import { eventStream, system, versions } from './system.js';
import { pruning, writes } from './writes.js';

/** Every mutant, by area. */
export const areas: readonly Area[] = [
  attestations,
  attestationParameters,
  statements,
  inspecting,
  listing,
  historyAndArchives,
  writes,
  pruning,
  eventStream,
  system,
  versions,
  content,
];
