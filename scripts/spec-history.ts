/**
 * Runs `spec diff` on upstream's history, and the patch on its files: `tsx scripts/spec-history.ts DIR [--check]`, with DIR a clone
 * of moby. Writes docs/reference/spec-history.md, or with --check fails when it is not what it would write.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diffArrays } from 'diff';
import { catalogue } from '../src/conformance/catalogue.js';
import { judgesOf } from '../src/conformance/judged.js';
import { compareDescriptions } from '../src/spec/diff.js';
import { type Model, readModel } from '../src/spec/diff-model.js';
import { textReport } from '../src/spec/diff-report.js';
import { type Row, rowsOf } from '../src/spec/diff-rows.js';
import type { Json } from '../src/spec/document.js';
import { parseYaml } from '../src/spec/yaml.js';
import { type VersionItems, versionItems } from './spec-changelog-items.js';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const page = fileURLToPath(new URL('../docs/reference/spec-history.md', import.meta.url));

/** Commits of upstream's description, each with the kind of change that it shows. */
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

/** Files of upstream that the patch is applied to; the last is the first move to OpenAPI 3.2. */
const patched: readonly (readonly [revision: string, path: string, name: string])[] = [
  ['HEAD', 'api/docs/v1.48.yaml', 'v1.48.yaml'],
  ['HEAD', 'api/docs/v1.54.yaml', 'v1.54.yaml'],
  ['HEAD', 'api/docs/v1.55.yaml', 'v1.55.yaml'],
  ['HEAD', 'api/swagger.yaml', 'swagger.yaml (1.56)'],
  ['38d678265c', 'api/openapi.yaml', 'openapi.yaml (1.52)'],
];

class Repository {
  private readonly models = new Map<string, Model>();

  constructor(private readonly dir: string) {}

  /** Reads a file of a revision. */
  text(revision: string, path: string): string {
    const args = ['-C', this.dir, 'show', '--end-of-options', `${revision}:${path}`];
    return execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  }

  /** Reads a description of a revision, once. */
  model(revision: string, path: string, name: string): Model {
    const key = `${revision}:${path}`;
    const known = this.models.get(key);
    if (known) return known;
    const text = this.text(revision, path);
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

/** Returns the table row of a pair of versions, and the seconds of the comparison. */
function compareVersions(from: Model, to: Model): { cells: (string | number)[]; seconds: number } {
  const began = performance.now();
  const comparison = compareDescriptions(from, to);
  const { rows, folded } = rowsOf(comparison);
  const seconds = (performance.now() - began) / 1000;
  const count = (severity: string): number => rows.filter((row) => row.severity === severity).length;
  const texts = rows.map(text);
  const cells = [
    `${from.version} → ${to.version}`,
    rows.length,
    count('error'),
    count('warning'),
    count('info'),
    texts.length - new Set(texts).size,
    folded.length,
  ];
  return { cells, seconds };
}

/** Compares a version with the changelog: each item needs a row, and each error an explanation. */
function compareWithChangelog({ version, items, unseen, claims }: VersionItems, from: Model, to: Model): string[] {
  const { rows } = rowsOf(compareDescriptions(from, to));
  const errors = rows.filter(({ severity }) => severity === 'error');
  const missing = items.filter(([, row]) => !rows.some((each) => text(each).includes(row)));
  const unexplained = errors.filter((row) => !claims.some(([place]) => text(row).includes(place)));
  if (missing.length + unexplained.length > 0) {
    process.stdout.write(
      `${version}: missing ${missing.join('; ')}; unexplained ${unexplained.map(text).join('; ')}\n`,
    );
    process.exitCode = 1;
  }
  const index = (row: string): string => {
    const at = rows.findIndex((each) => text(each).includes(row));
    return at < 0 ? 'missing' : `${at + 1}`;
  };
  return [
    `### ${version}: ${items.length} items, ${rows.length} rows (${(rows.length / items.length).toFixed(2)}), ${missing.length} missing`,
    '',
    ...table(
      ['item of the changelog', 'row'],
      items.map(([what, row]) => [what, index(row)]),
    ),
    '',
    `Not in the description: ${unseen.join('; ')}.`,
    ...(claims.length > 0
      ? [
          '',
          ...table(
            ['error', 'why it is true'],
            claims.map(([row, why]) => [`${index(row)}: ${row}`, why]),
          ),
        ]
      : []),
    '',
  ];
}

/** The lines that the patch adds to one of upstream's files, and those that it takes away. */
function patchedLines(source: string): [added: number, removed: number] {
  const folder = mkdtempSync(join(tmpdir(), 'attestd-history-'));
  try {
    const file = join(folder, 'description.yaml');
    writeFileSync(file, source);
    execFileSync(process.execPath, ['--import', 'tsx', main, 'spec', 'apply', '--to', file, '--quiet']);
    const parts = diffArrays(source.split('\n'), readFileSync(file, 'utf8').split('\n'));
    const count = (kind: 'added' | 'removed'): number =>
      parts.filter((part) => part[kind]).reduce((sum, { value }) => sum + value.length, 0);
    return [count('added'), count('removed')];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  '## Six versions beside the changelog',
  '',
  'Items as upstream lists them, as far as the description shows them; rows by their number in the comparison.',
  '',
  ...versionItems.flatMap((each) => {
    const at = versions.findIndex(({ version }) => version === each.version);
    return compareWithChangelog(each, versions[at - 1] as Model, versions[at] as Model);
  }),
  '## The patch',
  '',
  'Lines that `spec apply` adds and takes away.',
  '',
  ...table(
    ['file', 'added', 'taken away'],
    patched.map(([revision, path, name]) => [name, ...patchedLines(repository.text(revision, path))]),
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
  process.stdout.write('docs/reference/spec-history.md is not what this makes\n');
  process.exitCode = 1;
}
