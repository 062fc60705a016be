/** All measurements in one run. Writes build/bench/result.json, and what is asked for besides. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTool } from '../test/helpers/options.js';
import { measureContent } from './content.js';
import { measureContainers } from './lives.js';
import { measureReads } from './reads.js';
import { report } from './report.js';
import { commit, load, machine, type Result, type Row } from './result.js';
import { measureScale } from './scale.js';
import { measureStarts } from './starts.js';

const groupNames: readonly string[] = ['start', 'reads', 'containers', 'content', 'scale'];
const { values } = readTool({
  name: 'bench',
  help: `usage: make bench [ARGS="OPTIONS"]

Measures starts, reads, containers, content and stores, and writes build/bench/result.json. Needs \`make build\`.

  --only GROUPS   start, reads, containers, content, scale, with commas between them; all without it
  --rounds N      5 without it
  --seconds N     for each measurement of reads; 1 without it
  --images LIST   sizes of stores; 10,1000,10000 without it
  --host URL      a daemon that is read from, too
  --folder DIR    where stores are made, and found the next time
  --served        stores of the folder have been served before: leave out what is measured when they never were
  --write         write the page of benchmarks among the docs, with its pictures and the runs that were kept
  --keep NAME     write bench/kept/NAME.json, too

example: make bench ARGS="--only start,reads --rounds 3"
`,
  options: {
    only: { type: 'string' },
    rounds: { type: 'number', whole: true, default: 5 },
    seconds: { type: 'number', default: 1 },
    images: { type: 'string', default: '10,1000,10000' },
    host: { type: 'string' },
    folder: { type: 'string' },
    served: { type: 'boolean' },
    write: { type: 'boolean' },
    keep: { type: 'string' },
  },
  check: ({ only, images }) => {
    const unknown = only?.split(',').find((name) => !groupNames.includes(name));
    if (unknown !== undefined) return `--only: there is no '${unknown}' among ${groupNames.join(', ')}`;
    return images.split(',').every((count) => /^[1-9]\d*$/.test(count)) ? undefined : `--images: '${images}'`;
  },
});
const root = fileURLToPath(new URL('../', import.meta.url));
const { rounds } = values;
const counts = values.images.split(',').map(Number);
const folder = mkdtempSync(join(tmpdir(), 'attestd-bench-'));
const stores = values.folder ?? join(folder, 'stores');
mkdirSync(stores, { recursive: true });
const say = (what: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${what}\n`);

const groups: Readonly<Record<string, () => Promise<Row[]>>> = {
  start: () => measureStarts(folder, rounds * 2),
  reads: () => measureReads({ folder, rounds, seconds: values.seconds, host: values.host }),
  containers: () => measureContainers(folder, rounds),
  content: () => measureContent(folder, Math.min(rounds, 3)),
  scale: () => measureScale(stores, counts, say, values.served === true),
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
  writeFileSync(join(root, 'docs/reference/benchmarks.md'), page);
  mkdirSync(join(root, 'docs/pictures'), { recursive: true });
  for (const [name, picture] of Object.entries(pictures)) writeFileSync(join(root, 'docs/pictures', name), picture);
} else process.stdout.write(page);
