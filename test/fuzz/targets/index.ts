import type { Target } from '../target.js';
import { jsonTargets } from './json.js';
import { streamTargets } from './streams.js';
import { textTargets } from './texts.js';
import { yamlTargets } from './yaml.js';

/** Every parser that reads what comes from outside. */
export const targets: readonly Target[] = [...jsonTargets, ...streamTargets, ...textTargets, ...yamlTargets];
