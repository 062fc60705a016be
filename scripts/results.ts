/** Results of the conformance suite: takes reports into results/, checks what is there, and draws the site (docs/reference/results.md). */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readReport } from '../src/conformance/report/read.js';
import { readResults } from '../src/conformance/results/read.js';
import { type ConformanceResult, pathOf, refusals, resultOf } from '../src/conformance/results/result.js';
import { renderSite } from '../src/conformance/results/site.js';
import { AttestdError } from '../src/support/foundation/errors.js';

const usage = `usage: npx tsx scripts/results.ts add REPORT.json…   take reports of whole runs into results/
       npx tsx scripts/results.ts check              fail when a result is none
       npx tsx scripts/results.ts site FOLDER        draw the site
`;
const folder = 'results';

function add(file: string): void {
  const report = readReport(file);
  const reasons = refusals(report);
  if (reasons.length > 0) throw new AttestdError('INVALID_ARGUMENT', `${file}: ${reasons.join(', ')}`);
  const path = join(folder, pathOf(report));
  const earlier = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ConformanceResult) : undefined;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(resultOf(report, earlier), null, 1)}\n`);
  process.stdout.write(`${path}\n`);
}

function main([action, ...given]: readonly string[]): number {
  if (action === 'add' && given.length > 0) given.forEach(add);
  else if (action !== 'check' && (action !== 'site' || given.length !== 1)) {
    process.stderr.write(usage);
    return 2;
  }
  const results = readResults(folder);
  if (action !== 'site') {
    process.stdout.write(`${results.size} results\n`);
    return 0;
  }
  const [to = ''] = given;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const files = renderSite(results.values());
  for (const [name, text] of files) writeFileSync(join(to, name), text);
  process.stdout.write(`${to}: ${files.size} files of ${results.size} results\n`);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`results: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof AttestdError ? error.exitCode : 1;
}
