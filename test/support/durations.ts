/** A root hook of mocha: prints how long the tests of each folder took, and the slowest tests, before the counts. */
import { dirname, relative } from 'node:path';
import type { Context, RootHookObject } from 'mocha';

/** How many of the tests that are slow, by mocha’s `--slow`, are listed. */
const shown = 10;

interface Timed {
  readonly title: string;
  readonly folder: string;
  readonly ms: number;
}

const folders = new Map<string, { tests: number; ms: number }>();
const slow: Timed[] = [];
let mark = 0;

/** The folder of a test file, two levels deep: `test/conformance`. */
function folderOf(file: string | undefined): string {
  const folder = file === undefined ? '?' : dirname(relative(process.cwd(), file));
  return folder.split('/').slice(0, 2).join('/');
}

function table(): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1).padStart(7);
  const rows = [...folders]
    .sort(([, a], [, b]) => b.ms - a.ms)
    .map(([folder, { tests, ms }]) => `${seconds(ms)} s  ${String(tests).padStart(5)} tests  ${folder}`);
  const worst = slow
    .sort((a, b) => b.ms - a.ms)
    .slice(0, shown)
    .map(({ ms, folder, title }) => `${seconds(ms)} s  ${folder}: ${title}`);
  const lines = ['', 'time by folder', ...rows];
  if (worst.length > 0) lines.push('', 'slowest tests', ...worst);
  return `${lines.join('\n')}\n`;
}

export const mochaHooks: RootHookObject = {
  beforeAll() {
    mark = performance.now();
  },
  afterEach(this: Context) {
    const test = this.currentTest;
    if (test === undefined) return;
    // What its suite prepared counts too.
    const now = performance.now();
    const folder = folderOf(test.file);
    const known = folders.get(folder) ?? { tests: 0, ms: 0 };
    folders.set(folder, { tests: known.tests + 1, ms: known.ms + now - mark });
    mark = now;
    if ((test.duration ?? 0) > test.slow()) slow.push({ title: test.fullTitle(), folder, ms: test.duration ?? 0 });
  },
  afterAll() {
    process.stdout.write(table());
  },
};
