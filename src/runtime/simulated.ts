import { programs } from './programs/index.js';
import { SimulatedSandbox } from './sandbox.js';
import type { ProcessModel, RuntimeLog } from './types.js';

/** How the simulated model is made. */
export interface SimulatedOptions {
  /** Whom it tells what it does not do; nobody unless given. */
  readonly log?: RuntimeLog;
}

const silent: RuntimeLog = { debug: () => {}, warn: () => {} };
/** Process numbers of the host start above those of its services. */
const firstHostPid = 2000;

/**
 * The process model that runs nothing: a shell and its usual programs on the container's file system, and images' own
 * programs that run until they are stopped.
 */
export function simulatedModel({ log = silent }: SimulatedOptions = {}): ProcessModel {
  let lastPid = firstHostPid;
  const nextHostPid = (): number => ++lastPid;
  return { createSandbox: (spec) => new SimulatedSandbox(spec, { programs, log, nextHostPid, script: undefined }) };
}
