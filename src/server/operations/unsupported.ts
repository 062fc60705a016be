import type { OperationHandlers } from '../operation.js';
import { handlers as build } from './build.js';
import { handlers as container } from './container.js';
import { handlers as containerFiles } from './container-files.js';
import { handlers as containerIo } from './container-io.js';
import { handlers as distribution } from './distribution.js';
import { handlers as exec } from './exec.js';
import { handlers as imageSources } from './image-sources.js';
import { handlers as network } from './network.js';
import { handlers as node } from './node.js';
import { handlers as plugin } from './plugin.js';
import { handlers as secret } from './secret.js';
import { handlers as service } from './service.js';
import { handlers as session } from './session.js';
import { handlers as swarm } from './swarm.js';
import { handlers as volume } from './volume.js';

/** The handlers of all that is not about images that are there; index.ts has their names. */
export const otherHandlers: OperationHandlers = {
  ...build,
  ...container,
  ...containerFiles,
  ...containerIo,
  ...distribution,
  ...exec,
  ...imageSources,
  ...network,
  ...node,
  ...plugin,
  ...secret,
  ...service,
  ...session,
  ...swarm,
  ...volume,
};
