/**
 * Hooks of mocha: how long the tests of each folder took, and the slowest tests, are printed after the counts. Files are run
 * by several processes, each of which leaves what it knows in a file for the one that prints.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Context, RootHookObject } from 'mocha';

/** How many of the tests that are slow, by mocha’s `--slow`, are listed. */
const shown = 10;

/** Where the processes of a run find its file. */
const variable = 'ATTESTD_TEST_DURATIONS';

interface Timed {
  readonly title: string;
  readonly folder: string;
  /** What it took with what its suite prepared for it, milliseconds. */
  readonly ms: number;
  /** What it took itself, where mocha calls that slow, milliseconds. */
  readonly slow?: number;
}

const timed: Timed[] = [];
let mark = 0;

/** The folder of a test file, two levels deep: `test/conformance`. */
function folderOf(file: string | undefined): string {
  const folder = file === undefined ? '?' : dirname(relative(process.cwd(), file));
  return folder.split('/').slice(0, 2).join('/');
}

function table(all: readonly Timed[]): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1).padStart(7);
  const folders = new Map<string, { tests: number; ms: number }>();
  for (const { folder, ms } of all) {
    const known = folders.get(folder) ?? { tests: 0, ms: 0 };
    folders.set(folder, { tests: known.tests + 1, ms: known.ms + ms });
  }
  const rows = [...folders]
    .sort(([, a], [, b]) => b.ms - a.ms)
    .map(([folder, { tests, ms }]) => `${seconds(ms)} s  ${String(tests).padStart(5)} tests  ${folder}`);
  const worst = all
    .flatMap(({ title, folder, slow }) => (slow === undefined ? [] : [{ title, folder, slow }]))
    .sort((a, b) => b.slow - a.slow)
    .slice(0, shown)
    .map(({ slow, folder, title }) => `${seconds(slow)} s  ${folder}: ${title}`);
  const lines = ['', 'time by folder', ...rows];
  if (worst.length > 0) lines.push('', 'slowest tests', ...worst);
  return `${lines.join('\n')}\n`;
}

/** Milliseconds; the clock of the work stands still in some tests (turns.ts). */
const now = (): number => process.uptime() * 1000;

export function mochaGlobalSetup(): void {
  const file = join(mkdtempSync(join(tmpdir(), 'attestd-durations-')), 'tests.jsonl');
  writeFileSync(file, '');
  process.env[variable] = file;
}

export const mochaHooks: RootHookObject = {
  beforeAll() {
    mark = now();
  },
  afterEach(this: Context) {
    const test = this.currentTest;
    if (test === undefined) return;
    // What its suite prepared counts too.
    const ended = now();
    const slow = (test.duration ?? 0) > test.slow() ? test.duration : undefined;
    timed.push({
      title: test.fullTitle(),
      folder: folderOf(test.file),
      ms: ended - mark,
      ...(slow !== undefined && { slow }),
    });
    mark = ended;
  },
  afterAll() {
    const file = process.env[variable];
    const lines = timed.splice(0).map((one) => `${JSON.stringify(one)}\n`);
    if (file !== undefined) appendFileSync(file, lines.join(''));
  },
};

export function mochaGlobalTeardown(): void {
  const file = process.env[variable];
  if (file === undefined) return;
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  process.stdout.write(table(lines.map((line) => JSON.parse(line) as Timed)));
  rmSync(dirname(file), { recursive: true, force: true });
}
