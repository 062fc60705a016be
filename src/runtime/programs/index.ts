import type { Applet, ProgramTable } from '../kernel/machine.js';
import { shellMain } from '../shell/main.js';
import { cat } from './cat.js';
import { echo } from './echo.js';
import { kill } from './kill.js';
import { printf } from './printf.js';
import { sleep } from './sleep.js';
import { test } from './test.js';

/** All programs that the runtime has, by name. */
export const programs: ProgramTable = new Map<string, Applet>([
  ['[', test],
  ['ash', shellMain],
  ['bash', shellMain],
  ['cat', cat],
  ['dash', shellMain],
  ['echo', echo],
  ['false', () => 1],
  ['kill', kill],
  ['printf', printf],
  ['sh', shellMain],
  ['sleep', sleep],
  ['test', test],
  ['true', () => 0],
]);
