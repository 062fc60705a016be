/** Says what another run did slower or faster than the last one, beyond noise. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTool } from '../test/helpers/options.js';
import { figure } from './report.js';
import { median, type Result, type Row, spread } from './result.js';

/** What differs less than this of a value is noise on any machine. */
const least = 0.1;

/** A row that two runs have. */
export interface Difference {
  readonly row: Row;
  readonly before: number;
  readonly after: number;
  readonly verdict: 'slower' | 'faster' | 'same';
}

/** Hold two runs against each other; rows that only one has are left out. */
export function differences(base: Result, now: Result): readonly Difference[] {
  const keyOf = ({ group, what, who, unit }: Row): string => [group, what, who, unit].join('\n');
  const known = new Map(base.rows.map((row) => [keyOf(row), row]));
  return now.rows.flatMap((row) => {
    const old = known.get(keyOf(row));
    if (old === undefined) return [];
    const [before, after] = [median(old.values), median(row.values)];
    const change = before === 0 ? 0 : (after - before) / before;
    const noise = Math.max(least, spread(old.values) + spread(row.values));
    const worse = row.better === 'more' ? -change : change;
    const verdict = Math.abs(change) <= noise ? 'same' : worse > 0 ? 'slower' : 'faster';
    return [{ row, before, after, verdict }];
  });
}

const isMain = process.argv[1] === fileURLToPath(import.meta.url);
if (isMain) {
  const { positionals } = readTool({
    name: 'compare',
    help: `usage: make bench-compare BASE=FILE, or npx tsx bench/compare.ts BASE [NEW]

Says what got slower or faster, beyond noise. NEW is build/bench/result.json without it. Exit status: 0 nothing got
slower, 1 something did, 2 usage.

example: make bench-compare BASE=before.json
`,
    options: {},
    positionals: { least: 1, most: 2 },
  });
  const [base = '', now = 'build/bench/result.json'] = positionals;
  const read = (path: string): Result => JSON.parse(readFileSync(path, 'utf8')) as Result;
  const found = differences(read(base), read(now));
  for (const { row, before, after, verdict } of found) {
    if (verdict === 'same') continue;
    const what = `${row.group}: ${row.what}, ${row.who}`;
    process.stdout.write(`${verdict.padEnd(7)} ${what.padEnd(60)} ${figure(before)} to ${figure(after)} ${row.unit}\n`);
  }
  const slower = found.filter(({ verdict }) => verdict === 'slower').length;
  process.stdout.write(`${found.length} compared, ${slower} got slower\n`);
  process.exitCode = slower > 0 ? 1 : 0;
}
