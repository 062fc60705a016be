import type { Area } from '../mutant.js';
import { attestationParameters, attestations } from './attestations.js';
import { building } from './builds.js';
import {
  absentMembers,
  loosened,
  misspelled,
  rewritten,
  unasked,
  wrongHeaders,
  wrongLogs,
  wrongMembers,
  wrongStreams,
  wrongTimes,
  wrongTypes,
} from './classes.js';
import { creating, ending, telling, viewing } from './containers.js';
import { content } from './content.js';
import { historyAndArchives, inspecting, listing } from './reads.js';
import { asking, pulling, pushing } from './registries.js';
import { shoulds } from './shoulds.js';
import { single } from './single.js';
import { flags, standalone } from './standalone.js';
import { statements } from './statements.js';
import { around, attaching, copying, eventsOfContainers, executing, reading } from './streams.js';
import { eventStream, system, versions } from './system.js';
import { acts, attestationViews, contentViews, members } from './views.js';
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
  creating,
  telling,
  ending,
  viewing,
  reading,
  attaching,
  executing,
  copying,
  around,
  eventsOfContainers,
  standalone,
  flags,
  pulling,
  pushing,
  asking,
  building,
  attestationViews,
  members,
  acts,
  contentViews,
  single,
  shoulds,
  wrongTypes,
  wrongTimes,
  loosened,
  misspelled,
  wrongMembers,
  absentMembers,
  wrongLogs,
  wrongStreams,
  wrongHeaders,
  rewritten,
  unasked,
];
