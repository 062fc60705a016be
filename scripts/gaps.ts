/**
 * What the suite judges of each operation (docs/reference/gaps.md): `tsx scripts/gaps.ts` runs it on the reference server and keeps what it
 * saw in test/conformance/gaps; `--check` fails when that is not what is kept.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Judged, measure } from './gaps/judged.js';

const file = new URL('../test/conformance/gaps/judged.json', import.meta.url);
const judged = await measure();
if (process.argv.includes('--check')) {
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Judged;
  const text = (of: Judged, operation: string): string => JSON.stringify(of[operation] ?? {});
  const differ = [...new Set([...Object.keys(kept), ...Object.keys(judged)])].filter(
    (operation) => text(kept, operation) !== text(judged, operation),
  );
  if (differ.length > 0) {
    process.stderr.write(
      `gaps: other than kept: ${differ.join(', ')}; run 'npx tsx scripts/gaps.ts', then 'make gen'\n`,
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, `${JSON.stringify(judged, null, 1)}\n`);
}
