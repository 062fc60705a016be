/**
 * All measurements in one run: `npx tsx bench/main.ts [--only GROUPS] [--rounds 5] [--seconds 1] [--images LIST] [--host HOST] [--folder
 * DIR] [--write] [--keep NAME]`. Needs `make build`. Writes build/bench/result.json, with --keep bench/kept/NAME.json too, and with
 * --write the page of benchmarks among the docs, with its pictures and the runs that were kept.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureContent } from './content.js';
import { measureContainers } from './lives.js';
import { measureReads } from './reads.js';
import { report } from './report.js';
import { commit, load, machine, type Result, type Row } from './result.js';
import { measureScale } from './scale.js';
import { measureStarts } from './starts.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    images: { type: 'string' },
    host: { type: 'string' },
    folder: { type: 'string' },
    write: { type: 'boolean' },
    keep: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../', import.meta.url));
const rounds = Number(values.rounds ?? 5);
const counts = (values.images ?? '10,1000,10000').split(',').map(Number);
const folder = mkdtempSync(join(tmpdir(), 'attestd-bench-'));
const stores = values.folder ?? join(folder, 'stores');
mkdirSync(stores, { recursive: true });
const say = (what: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${what}\n`);

const groups: Readonly<Record<string, () => Promise<Row[]>>> = {
  start: () => measureStarts(folder, rounds * 2),
  reads: () => measureReads({ folder, rounds, seconds: Number(values.seconds ?? 1), host: values.host }),
  containers: () => measureContainers(folder, rounds),
  content: () => measureContent(folder, Math.min(rounds, 3)),
  scale: () => measureScale(stores, counts, say),
};

const before = load();
const rows: Row[] = [];
try {
  for (const group of values.only?.split(',') ?? Object.keys(groups)) {
    const measure = groups[group];
    if (measure === undefined) throw new Error(`there is no '${group}' among ${Object.keys(groups).join(', ')}`);
    say(group);
    rows.push(...(await measure()));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const result = {
  date: new Date().toISOString(),
  machine: machine(),
  commit: commit(),
  load: [before, load()] as const,
  rows,
};
mkdirSync(join(root, 'build/bench'), { recursive: true });
writeFileSync(join(root, 'build/bench/result.json'), `${JSON.stringify(result, undefined, 2)}\n`);
const keptFolder = join(root, 'bench/kept');
if (values.keep !== undefined) {
  mkdirSync(keptFolder, { recursive: true });
  writeFileSync(join(keptFolder, `${values.keep}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}
const keptNames = existsSync(keptFolder) ? readdirSync(keptFolder) : [];
const kept = keptNames.map((name) => JSON.parse(readFileSync(join(keptFolder, name), 'utf8')) as Result);
const { page, pictures } = report({ ...result, kept });
if (values.write === true) {
  writeFileSync(join(root, 'docs', 'benchmarks.md'), page);
  mkdirSync(join(root, 'docs/pictures'), { recursive: true });
  for (const [name, picture] of Object.entries(pictures)) writeFileSync(join(root, 'docs/pictures', name), picture);
} else process.stdout.write(page);
