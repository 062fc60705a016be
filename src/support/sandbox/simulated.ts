import { quote } from '../go/quote.js';
import { ProgramMemory } from './kernel/memory.js';
import { programs } from './programs/index.js';
import { SimulatedSandbox } from './sandbox.js';
import { chooseScript, RunningScript } from './scripts/run.js';
import type { Script } from './scripts/types.js';
import type { ProcessModel, RuntimeLog } from './types.js';

/** How the simulated model is made. */
export interface SimulatedOptions {
  /** Whom it tells what it does not do; nobody unless given. */
  readonly log?: RuntimeLog;
  /** What is said of containers (scripts/read.ts); the first that matches counts. */
  readonly scripts?: readonly Script[];
  /** Bytes that programs of all containers may hold; 96 MiB without it. */
  readonly memory?: number;
  /** Processes that containers may have together; 16,384 without it. */
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
