/**
 * Runs the tests of one tier, or the named files, with mocha. Prints the time of each folder, the slowest tests and why
 * tests were skipped. The exit code is 1 if a test failed or none ran.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const usage = `usage: node scripts/test.mjs [--tier unit|load|e2e|package] [FILE|FOLDER]... [MOCHA OPTION]...
A FILE runs whatever its tier. A FOLDER runs its files of the tier. Default: the tier unit, in all of test/.
example: node scripts/test.mjs test/oci/tar.test.ts --grep garbage
`;
const tiers = ['unit', 'load', 'e2e', 'package'];
/** Tiers whose files share no resource with each other. The others measure the machine, or need all of it. */
const parallelTiers = ['unit', 'e2e'];
const listedSlowTests = 10;
const root = fileURLToPath(new URL('..', import.meta.url));

function fail(message) {
  process.stderr.write(`${message}\n${usage}`);
  process.exit(2);
}

/** The tier of a test file, by its suffix: `x.load.test.ts` is of the tier load. */
const tierOf = (path) => /\.(load|e2e|package)\.test\.ts$/.exec(path)?.[1] ?? 'unit';

function testFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort();
}

/** Splits the command line into a tier, the files that it selects, and options of mocha. */
function readArguments(given) {
  const options = [];
  const paths = [];
  let tier = 'unit';
  for (let at = 0; at < given.length; at++) {
    const argument = given[at];
    if (argument === '--help') return { help: true };
    if (argument === '--tier') tier = given[++at];
    else if (existsSync(argument)) paths.push(argument);
    else if (argument.endsWith('.test.ts')) fail(`${argument} does not exist`);
    else options.push(argument);
  }
  if (!tiers.includes(tier)) fail(`--tier ${tier} is not one of ${tiers.join(', ')}`);
  const selected = (paths.length > 0 ? paths : ['test']).flatMap((path) =>
    statSync(path).isDirectory() ? testFiles(path).filter((file) => tierOf(file) === tier) : [path],
  );
  return { files: [...new Set(selected)], options };
}

const seconds = (ms) => (ms / 1000).toFixed(1).padStart(7);

/** The first two levels of the folder of a test file: `test/conformance`. */
const folderOf = (file) => relative(root, file).split('/').slice(0, -1).slice(0, 2).join('/');

function timeTables(tests) {
  const folders = new Map();
  for (const { file, ms } of tests) {
    const folder = folderOf(file);
    const known = folders.get(folder) ?? { tests: 0, ms: 0 };
    folders.set(folder, { tests: known.tests + 1, ms: known.ms + ms });
  }
  const rows = [...folders]
    .sort(([, a], [, b]) => b.ms - a.ms)
    .map(([folder, { tests, ms }]) => `${seconds(ms)} s  ${String(tests).padStart(5)} tests  ${folder}`);
  const slow = tests
    .filter((test) => test.slow)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, listedSlowTests)
    .map(({ ms, file, title }) => `${seconds(ms)} s  ${relative(root, file)}: ${title}`);
  return ['', 'time by folder', ...rows, ...(slow.length > 0 ? ['', 'slowest tests', ...slow] : [])];
}

function skippedTable(skips) {
  const reasons = new Map();
  for (const { skipped, reason } of skips) reasons.set(reason, (reasons.get(reason) ?? 0) + skipped);
  const rows = [...reasons].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${count} skipped: ${reason}`);
  return rows.length > 0 ? ['', ...rows] : [];
}

const { help, files, options } = readArguments(process.argv.slice(2));
if (help) {
  process.stdout.write(usage);
  process.exit(0);
}
if (files.length === 0) fail('no test file matches');
const folder = mkdtempSync(join(tmpdir(), 'attestd-tests-'));
const record = join(folder, 'record.jsonl');
writeFileSync(record, '');
const parallel = files.length > 1 && files.every((file) => parallelTiers.includes(tierOf(file)));
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/mocha/bin/mocha.js'),
    ...(parallel ? ['--parallel', '--jobs', '2'] : []),
    ...options,
    ...files,
  ],
  { stdio: 'inherit', env: { ...process.env, ATTESTD_TEST_RECORD: record } },
);
const lines = readFileSync(record, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
rmSync(folder, { recursive: true });
const tests = lines.filter((line) => 'ms' in line);
const skips = lines.filter((line) => 'skipped' in line);
if (lines.length === 0) {
  process.stderr.write('no test ran\n');
  process.exit(1);
}
process.stdout.write(`${[...timeTables(tests), ...skippedTable(skips)].join('\n')}\n`);
process.exit(status === 0 ? 0 : 1);
