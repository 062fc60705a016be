/**
 * Runs `spec diff` on upstream's history, and the patch on its files: `tsx scripts/spec-history.ts DIR [--check]`, with DIR a clone
 * of moby. Writes docs/history.md, or with --check fails when it is not what it would write.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogue } from '../src/conformance/catalogue.js';
import { judgesOf } from '../src/conformance/judged.js';
import { compareDescriptions } from '../src/spec/diff.js';
import { type Model, readModel } from '../src/spec/diff-model.js';
import { textReport } from '../src/spec/diff-report.js';
import { type Row, rowsOf } from '../src/spec/diff-rows.js';
import type { Json } from '../src/spec/document.js';
import { parseYaml } from '../src/spec/yaml.js';

const page = fileURLToPath(new URL('../docs/history.md', import.meta.url));

/** Commits of upstream's description, and what each is an example of. */
const commits: readonly (readonly [string, string])[] = [
  ['a0b6dbc2fc', 'an endpoint'],
  ['0b2c3780be', 'parameters that may be repeated'],
  ['6d133c5ec6', 'a parameter and a member of answers'],
  ['c4f4eb3f5f', 'a schema that did not say what daemons send'],
  ['c07043e36f', 'members under names that daemons never sent'],
  ['18000fe371', 'a hint to the generator of Go code'],
  ['931c347b36', 'members renamed'],
  ['ea1c2530da', 'a schema split into what a list and what an inspection returns'],
  ['fd4329a620', 'formats'],
  ['df506c107e', 'media types'],
  ['3a90dd8b8f', 'members of a schema that many operations use'],
  ['f44b5abf0e', 'a deprecation in words'],
];

class Repository {
  private readonly models = new Map<string, Model>();

  constructor(private readonly dir: string) {}

  /** Reads a description of a revision, once. */
  model(revision: string, path: string, name: string): Model {
    const key = `${revision}:${path}`;
    const known = this.models.get(key);
    if (known) return known;
    const text = execFileSync('git', ['-C', this.dir, 'show', '--end-of-options', key], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const model = readModel(parseYaml(text, name) as Json, name);
    this.models.set(key, model);
    return model;
  }
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---|').join('')}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
}

const text = (row: Row): string => `${row.places.join(', ')}: ${row.message} [${row.rule}]`;

/** A row of the table of versions, and the seconds that it took. */
function compareVersions(from: Model, to: Model): { cells: (string | number)[]; seconds: number } {
  const began = performance.now();
  const comparison = compareDescriptions(from, to);
  const { rows, folded } = rowsOf(comparison);
  const seconds = (performance.now() - began) / 1000;
  const count = (severity: string): number => rows.filter((row) => row.severity === severity).length;
  const said = rows.map(text);
  const cells = [
    `${from.version} → ${to.version}`,
    rows.length,
    count('error'),
    count('warning'),
    count('info'),
    said.length - new Set(said).size,
    folded.length,
  ];
  return { cells, seconds };
}

const [dir, flag] = process.argv.slice(2);
if (dir === undefined || (flag !== undefined && flag !== '--check')) {
  process.stderr.write('usage: tsx scripts/spec-history.ts DIR [--check], with DIR a clone of moby\n');
  process.exit(2);
}
const repository = new Repository(dir);
const versions = [
  ...Array.from({ length: 31 }, (_, i) => repository.model('HEAD', `api/docs/v1.${25 + i}.yaml`, `1.${25 + i}`)),
  repository.model('HEAD', 'api/swagger.yaml', '1.56'),
];
const pairs = versions.slice(1).map((to, i) => compareVersions(versions[i] as Model, to));
const requirements = ({ changes }: Row) => judgesOf(changes, catalogue);
const lines = [
  "# `spec diff` on upstream's history",
  '',
  'Written by `npx tsx scripts/spec-history.ts DIR`, with DIR a clone of moby; nothing of it is in this repository.',
  '',
  '## Versions',
  '',
  'Every published description that is no Markdown, and the one in the making. Duplicates are rows that say what another says.',
  '',
  ...table(
    ['versions', 'rows', 'errors', 'warnings', 'info', 'duplicates', 'folded changes'],
    pairs.map(({ cells }) => cells),
  ),
  '',
  '## Commits',
  '',
  'What a reviewer sees of twelve commits.',
];
for (const [commit, what] of commits) {
  const from = repository.model(`${commit}^`, 'api/swagger.yaml', `${commit}^:api/swagger.yaml`);
  const to = repository.model(commit, 'api/swagger.yaml', `${commit}:api/swagger.yaml`);
  const report = textReport(compareDescriptions(from, to), { requirements });
  lines.push('', `### ${commit}: ${what}`, '', '```text', report.trimEnd(), '```');
}
const made = `${lines.join('\n')}\n`;
const total = pairs.reduce((sum, { seconds }) => sum + seconds, 0);
process.stdout.write(`${pairs.length} pairs compared in ${total.toFixed(1)} s, reading aside\n`);
if (flag === undefined) writeFileSync(page, made);
else if (readFileSync(page, 'utf8') !== made) {
  process.stdout.write('docs/history.md is not what this makes\n');
  process.exitCode = 1;
}
