import type { Requirement } from '../../requirement.js';
import { absent, absentElsewhere } from './absent.js';
import { archive } from './archive.js';
import { attach } from './attach.js';
import { commits } from './commit.js';
import { create } from './create.js';
import { createHost } from './create-host.js';
import { createImage } from './create-image.js';
import { containerEvents } from './events.js';
import { execs } from './exec.js';
import { execCreate } from './exec-create.js';
import { flags } from './flags.js';
import { health } from './health.js';
import { lifecycle } from './lifecycle.js';
import { list } from './list.js';
import { listFilters } from './list-filters.js';
import { containerLogs } from './logs.js';
import { mounts } from './mounts.js';
import { networkMembers } from './network-members.js';
import { networks } from './networks.js';
import { prune } from './prune.js';
import { start } from './start.js';
import { states } from './states.js';
import { aroundContainers } from './system.js';
import { terminals } from './terminals.js';
import { views } from './views.js';
import { volumes } from './volumes.js';

/** Containers, and what is around them. */
export const ofContainers: readonly Requirement[] = [
  absent,
  absentElsewhere,
  archive,
  attach,
  terminals,
  commits,
  create,
  createHost,
  containerEvents,
  execs,
  health,
  lifecycle,
  list,
  containerLogs,
  networks,
  states,
  aroundContainers,
  views,
  volumes,
  start,
  createImage,
  execCreate,
  listFilters,
  mounts,
  networkMembers,
  prune,
  flags,
].flat();
