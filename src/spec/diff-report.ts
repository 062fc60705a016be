/** Writes comparisons as text for a terminal, as Markdown for a pull request, and as JSON. */
import type { Change, Comparison } from './diff.js';
import type { Acceptance, Accepted } from './diff-policy.js';
import {
  countedRules,
  isFolded,
  type Judge,
  placeOf,
  type Row,
  rowsOf,
  type Severity,
  severities,
  severityOf,
} from './diff-rows.js';
import { type ChangeClass, order } from './diff-rules.js';
import { versionVerdict } from './diff-version.js';

/** Colors the severities in text. */
export type Paint = Readonly<Record<Severity, (text: string) => string>>;

const plain: Paint = { error: (text) => text, warning: (text) => text, info: (text) => text };

/** The conformance requirements for a row: those of the changed location, and those of its operations. */
export interface Judged {
  readonly exact: readonly string[];
  readonly around: readonly string[];
}

/** Further input of a report. */
export interface ReportOptions {
  /** Assigns severities. Default: `severityOf`. */
  readonly judge?: Judge;
  readonly accepted?: readonly Accepted[];
  /** Acceptances that match no change. */
  readonly unused?: readonly Acceptance[];
  /** Finds the requirements for a row. Default: the report names none. */
  readonly requirements?: (row: Row) => Judged;
  /** Whether the text report lists folded changes. */
  readonly all?: boolean;
  readonly paint?: Paint;
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function names({ from, to }: Comparison): string {
  const title = ({ name, version }: Comparison['from']): string =>
    name === version || name.startsWith(`${version}+`) ? name : `${name} (API ${version})`;
  return `${title(from)} → ${title(to)}`;
}

const foldedKinds: readonly (readonly [string, RegExp])[] = [
  ['texts', /^words-|^name-|^version-|^default-told/],
  ['marks', /^mark-/],
  ['named schemas', /^definition-/],
];

/** Counts the folded changes by kind. */
function foldedTitle(folded: readonly Change[]): string {
  const counts = foldedKinds.map(
    ([kind, rule]) => [kind, folded.filter((each) => rule.test(each.rule)).length] as const,
  );
  const others = folded.length - counts.reduce((sum, [, count]) => sum + count, 0);
  const all = [...counts, ['unused', others] as const].filter(([, count]) => count > 0);
  return all.map(([kind, count]) => `${count} ${kind}`).join(', ');
}

function severityTitle(rows: readonly Row[]): string {
  const count = (name: Severity): number => rows.filter(({ severity }) => severity === name).length;
  return [plural(count('error'), 'error'), plural(count('warning'), 'warning'), `${count('info')} info`].join(', ');
}

/** Names the first requirement of the changed location, and counts the rest. */
function requirementTitle({ exact }: Judged): string {
  const [first = ''] = exact;
  return exact.length > 1 ? `${first} +${exact.length - 1}` : first;
}

/** Names the only operation that uses a named schema, or counts the operations. */
function usesTitle({ named, operations }: Row): string {
  if (!named) return '';
  if (operations.length === 0) return ' (used by no operation)';
  return operations.length === 1 ? ` (${operations[0]})` : ` (${plural(operations.length, 'operation')})`;
}

/** The most places that a row names. */
const mostPlaces = 3;

function placesTitle({ places, rule }: Row, format = (place: string): string => place): string {
  const most = countedRules.has(rule) ? 1 : mostPlaces;
  const more = places.length - most;
  const shown = more > 1 ? places.slice(0, most) : places;
  return `${shown.map(format).join(', ')}${more > 1 ? ` +${more}` : ''}`;
}

/** The most members in a row about Go code that is listed by itself. */
const mostGoMembers = 4;

/** Separates large rows about Go code, and summarizes them in one line. */
function splitGoRows(rows: readonly Row[]): { readonly listed: readonly Row[]; readonly goCode: string } {
  const large = rows.filter(
    ({ rule, changes }) => rule !== 'media-restated' && countedRules.has(rule) && changes.length > mostGoMembers,
  );
  const counts = large.map(({ message, changes }) => `${message.split(' ')[0]} ×${changes.length}`);
  return {
    listed: rows.filter((row) => !large.includes(row)),
    goCode: large.length > 0 ? `Go code: ${counts.join(', ')}` : '',
  };
}

/** The most rows of a report that names requirements in every row. Longer reports name them for errors and warnings. */
const mostJudged = 10;

function rowText(row: Row, options: ReportOptions, isShort: boolean, format?: (place: string) => string): string {
  const title =
    options.requirements && (isShort || row.severity !== 'info') ? requirementTitle(options.requirements(row)) : '';
  const judged = title === '' ? '' : `; judged by ${title}`;
  const message = format ? cell(row.message) : row.message;
  return `${placesTitle(row, format)}${usesTitle(row)}: ${message} [${row.rule}]${judged}`;
}

function acceptedLines({ accepted = [], unused = [] }: ReportOptions): string[] {
  const idle = unused.map(({ at, rule }) => `nothing to accept at ${at}${rule === undefined ? '' : ` [${rule}]`}`);
  const told = accepted.map(
    ({ change, reason }) => `${placeOf(change)}: ${change.message} [${change.rule}]: ${reason}`,
  );
  return [...told, ...idle];
}

/**
 * Writes a comparison as text: a line for each row.
 *
 * @param comparison the comparison, without accepted changes
 * @param options further input of the report
 * @returns lines, each with a line feed
 */
export function textReport(comparison: Comparison, options: ReportOptions = {}): string {
  const { judge = severityOf, accepted = [], paint = plain } = options;
  if (comparison.changes.length === 0 && accepted.length === 0) return `${names(comparison)}: no changes\n`;
  const { rows, folded } = rowsOf(comparison, judge);
  const lines = [
    names(comparison),
    `${severityTitle(rows)}${folded.length > 0 ? `; folded: ${foldedTitle(folded)}` : ''}`,
    `API version ${versionVerdict(comparison).text}`,
  ];
  const { listed, goCode } = splitGoRows(rows);
  if (rows.length > 0) lines.push('');
  for (const row of listed)
    lines.push(`  ${paint[row.severity](row.severity.padEnd(7))} ${rowText(row, options, rows.length <= mostJudged)}`);
  if (goCode !== '') lines.push(`  ${paint.info('info   ')} ${goCode}`);
  const allowed = acceptedLines(options);
  if (allowed.length > 0) lines.push('', 'accepted:', ...allowed.map((line) => `  ${line}`));
  // A report without rows has space for a few folded changes.
  const few = rows.length === 0 && folded.length <= 5;
  if ((options.all || few) && folded.length > 0) {
    lines.push('', 'folded:', ...folded.map((each) => `  ${placeOf(each)}: ${each.message} [${each.rule}]`));
  }
  return `${lines.join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

function details(summary: string, lines: readonly string[]): string[] {
  return ['<details>', `<summary>${summary}</summary>`, '', ...lines, '', '</details>', ''];
}

/**
 * Writes a comparison as Markdown.
 *
 * @param comparison the comparison, without accepted changes
 * @param options further input of the report
 * @returns a section, with a heading of the third level
 */
export function markdownReport(comparison: Comparison, options: ReportOptions = {}): string {
  const { judge = severityOf, accepted = [], unused = [] } = options;
  const heading = `### API description: ${cell(names(comparison))}`;
  if (comparison.changes.length === 0 && accepted.length === 0) return `${heading}\n\nNo changes.\n`;
  const { rows, folded } = rowsOf(comparison, judge);
  const lines = [heading, '', `${severityTitle(rows)}. API version ${cell(versionVerdict(comparison).text)}.`, ''];
  if (rows.length === 0) lines.push('Nothing changes on the wire.', '');
  else {
    const { listed, goCode } = splitGoRows(rows);
    for (const row of listed) {
      const severity = row.severity === 'error' ? '**error**' : row.severity;
      lines.push(`- ${severity} ${rowText(row, options, rows.length <= mostJudged, code)}`);
    }
    if (goCode !== '') lines.push(`- info ${goCode}`);
    lines.push('');
  }
  if (accepted.length + unused.length > 0) {
    const items = acceptedLines(options).map((line) => `- ${cell(line)}`);
    lines.push(...details(`${plural(accepted.length, 'change')} accepted`, items));
  }
  if (folded.length > 0) lines.push(`Folded: ${foldedTitle(folded)}.`, '');
  return lines.join('\n');
}

function countBy<T extends string>(keys: readonly T[], items: readonly T[]): Record<string, number> {
  return Object.fromEntries(keys.map((key) => [key, items.filter((item) => item === key).length]));
}

/**
 * Writes a comparison as JSON.
 *
 * @param comparison the comparison, without accepted changes
 * @param options further input of the report
 * @returns one object: `from`, `to`, `verdict` (null without changes), `version`, `counts`, `rows`, `accepted`, `unused`,
 *   `changes`
 */
export function jsonReport(comparison: Comparison, options: ReportOptions = {}): string {
  const { from, to, verdict, changes } = comparison;
  const { rows, folded } = rowsOf(comparison, options.judge);
  const side = (name: 'clients' | 'servers'): Record<string, number> =>
    countBy<ChangeClass>(
      [...order].reverse(),
      changes.map((change) => change[name]),
    );
  const counts = {
    rows: rows.length,
    folded: folded.length,
    severity: countBy<Severity>(
      [...severities].reverse(),
      rows.map(({ severity }) => severity),
    ),
    clients: side('clients'),
    servers: side('servers'),
  };
  const told = rows.map(({ changes: parts, ...row }) => ({
    ...row,
    changes: parts.map((change) => changes.indexOf(change)),
    ...(options.requirements && { requirements: options.requirements({ ...row, changes: parts }) }),
  }));
  const accepted = (options.accepted ?? []).map(({ change, reason }) => ({ ...change, reason }));
  const version = versionVerdict(comparison);
  const unused = options.unused ?? [];
  const report = { from, to, verdict: verdict ?? null, version, counts, rows: told, accepted, unused, changes };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Whether a change affects documentation only. */
export function isDocumentation(change: Change): boolean {
  return isFolded({ ...change, rule: 'words-changed' });
}
