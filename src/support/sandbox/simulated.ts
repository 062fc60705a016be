import { quote } from '../go/quote.js';
import { ProgramMemory } from './kernel/memory.js';
import { programs } from './programs/index.js';
import { SimulatedSandbox } from './sandbox.js';
import { chooseScript, RunningScript } from './scripts/run.js';
import type { Script } from './scripts/types.js';
import type { ProcessModel, RuntimeLog } from './types.js';

/** Options of the simulated model. */
export interface SimulatedOptions {
  /** Logs what is not simulated. Default: no log. */
  readonly log?: RuntimeLog;
  /** Scripts of containers (scripts/read.ts). The first match is used. */
  readonly scripts?: readonly Script[];
  /** Maximum bytes of the programs of all containers. Default: 96 MiB. */
  readonly memory?: number;
  /** Maximum processes of all containers. Default: 16,384. */
  readonly tasks?: number;
}

const silent: RuntimeLog = { debug: () => {}, warn: () => {} };
/** Process numbers of the host start above those of its services. */
const firstHostPid = 2000;

/**
 * The process model that runs nothing: a shell and its usual programs on the container's file system, and images' own
 * programs that run until they are stopped.
 */
export function simulatedModel({ log = silent, scripts = [], memory, tasks }: SimulatedOptions = {}): ProcessModel {
  let lastPid = firstHostPid;
  const programMemory = new ProgramMemory(memory, tasks);
  const nextHostPid = (): number => ++lastPid;
  return {
    createSandbox: (spec) => {
      const missing = (name: string): void => log.warn(`container ${spec.id}: there is no script ${quote(name)}`);
      const candidates = chooseScript(scripts, spec, missing);
      const script = candidates.length === 0 ? undefined : new RunningScript(candidates, () => spec.clock.now());
      return new SimulatedSandbox(spec, { programs, log, nextHostPid, memory: programMemory, script });
    },
  };
}
