/** The page of gaps from what is kept of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '../../src/generated/operations.js';
import { parseYaml } from '../../src/spec/yaml.js';
import type { Judged } from './judged.js';
import { type Cell, cellsOf, type Rule, renderGaps } from './table.js';

/** What is judged and what is explained. */
export interface Gaps {
  readonly cells: readonly Cell[];
  readonly rules: readonly Rule[];
  readonly judged: Judged;
}

/**
 * Reads what is kept.
 *
 * @param root folder of the project
 */
export function readGaps(root: string): Gaps {
  const text = (name: string): string => readFileSync(join(root, 'test/conformance/gaps', name), 'utf8');
  const judged = JSON.parse(text('judged.json')) as Judged;
  const rules = parseYaml(text('rules.yaml'), 'rules.yaml') as readonly Rule[];
  return { cells: cellsOf(operations, judged, rules), rules, judged };
}

/** docs/reference/gaps.md. */
export function gapsPage(root: string): string {
  const { cells, rules } = readGaps(root);
  return renderGaps(cells, rules);
}
