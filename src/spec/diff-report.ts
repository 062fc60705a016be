/** Comparisons as text for a terminal, and as Markdown for a pull request. */
import type { Change, Comparison } from './diff.js';
import type { ChangeClass } from './diff-rules.js';

/** Marks up the classes in text. */
export type Paint = Readonly<Record<ChangeClass, (text: string) => string>>;

const plain: Paint = { breaking: (text) => text, additive: (text) => text, documentation: (text) => text };

/** How many changes of words and marks are listed; the JSON form has all of them. */
const mostWords = 20;

/** Whether a change is one of documentation for both sides. */
export function isDocumentation({ clients, servers }: Change): boolean {
  return clients === 'documentation' && servers === 'documentation';
}

/** The place of a change, such as `GET /images/json 200` or `ImageSummary.Labels`. */
export function placeOf({ operation, definition, at }: Change): string {
  if (operation !== undefined) return at === '' ? operation : `${operation} ${at}`;
  if (definition === undefined) return at;
  return /^[[.]/.test(at) || at === '' ? `${definition}${at}` : `${definition}.${at}`;
}

/** The operations that a change of a named schema reaches, as a remark. */
function usedBy({ definition, operations }: Change): string {
  if (definition === undefined) return '';
  if (operations.length === 0) return 'used by no operation';
  const shown = operations.slice(0, 3).join(', ');
  return operations.length <= 3 ? `used by ${shown}` : `used by ${shown} and ${operations.length - 3} more`;
}

function count(changes: readonly Change[], side: 'clients' | 'servers', name: ChangeClass): number {
  return changes.filter((change) => change[side] === name).length;
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function names({ from, to }: Comparison): string {
  const title = ({ name, version }: Comparison['from']): string =>
    name === version || name.startsWith(`${version}+`) ? name : `${name} (API ${version})`;
  return `${title(from)} → ${title(to)}`;
}

/**
 * Writes a comparison as text.
 *
 * @param comparison the comparison
 * @param paint marks up the classes; default: not at all
 * @returns lines, each ended
 */
export function textReport(comparison: Comparison, paint: Paint = plain): string {
  const { changes, verdict } = comparison;
  if (!verdict) return `${names(comparison)}: no changes\n`;
  const lines = [
    names(comparison),
    `clients: ${paint[verdict.clients](verdict.clients)}, servers: ${paint[verdict.servers](verdict.servers)}; ${plural(changes.length, 'change')}`,
    '',
  ];
  const rest = changes.filter(isDocumentation);
  const column = (name: ChangeClass): string => paint[name](name.padEnd(13));
  const row = (change: Change): string[] => {
    const used = usedBy(change);
    const remark = used === '' ? '' : ` (${used})`;
    return [
      `  ${column(change.clients)} ${column(change.servers)} ${placeOf(change)}`,
      `${' '.repeat(30)}${change.message}${remark} [${change.rule}]`,
    ];
  };
  lines.push(`  ${'clients'.padEnd(13)} servers`);
  for (const change of changes.filter((each) => !isDocumentation(each))) lines.push(...row(change));
  for (const change of rest.slice(0, mostWords)) lines.push(...row(change));
  if (rest.length > mostWords)
    lines.push('', `  ${rest.length - mostWords} more changes of documentation (--format json has all)`);
  return `${lines.join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

function markdownTable(changes: readonly Change[]): string[] {
  const strong = (name: ChangeClass): string => (name === 'breaking' ? '**breaking**' : name);
  const rows = changes.map((change) => {
    const used = usedBy(change);
    const what = `${cell(change.message)}${used === '' ? '' : `; ${cell(used)}`}`;
    return `| ${strong(change.clients)} | ${strong(change.servers)} | ${code(placeOf(change))} | ${what} | ${change.rule} |`;
  });
  return ['| Clients | Servers | Where | What | Rule |', '| --- | --- | --- | --- | --- |', ...rows];
}

/**
 * Writes a comparison as Markdown.
 *
 * @param comparison the comparison
 * @returns a section, with a heading of the third level
 */
export function markdownReport(comparison: Comparison): string {
  const { changes, verdict } = comparison;
  const heading = `### API description: ${names(comparison)}`;
  if (!verdict) return `${heading}\n\nNo changes.\n`;
  const wire = changes.filter((change) => !isDocumentation(change));
  const rest = changes.filter(isDocumentation);
  const totals = (['clients', 'servers'] as const).map((side) => {
    const counts = (['breaking', 'additive', 'documentation'] as const).map((name) => count(changes, side, name));
    return `| ${side} | ${counts.join(' | ')} |`;
  });
  const lines = [
    heading,
    '',
    '| For | breaking | additive | documentation |',
    '| --- | --- | --- | --- |',
    ...totals,
    '',
  ];
  lines.push(...(wire.length > 0 ? markdownTable(wire) : ['Nothing changes on the wire.']), '');
  if (rest.length > 0) {
    lines.push('<details>', `<summary>${plural(rest.length, 'change')} of documentation</summary>`, '');
    lines.push(...markdownTable(rest.slice(0, mostWords)), '');
    if (rest.length > mostWords) lines.push(`And ${rest.length - mostWords} more.`, '');
    lines.push('</details>', '');
  }
  return lines.join('\n');
}

/**
 * Writes a comparison as JSON.
 *
 * @param comparison the comparison
 * @returns one object: `from`, `to`, `verdict` (null without changes), `counts`, `changes`
 */
export function jsonReport(comparison: Comparison): string {
  const { from, to, verdict, changes } = comparison;
  const counts = Object.fromEntries(
    (['clients', 'servers'] as const).map((side) => [
      side,
      Object.fromEntries(
        (['breaking', 'additive', 'documentation'] as const).map((name) => [name, count(changes, side, name)]),
      ),
    ]),
  );
  return `${JSON.stringify({ from, to, verdict: verdict ?? null, counts, changes }, null, 2)}\n`;
}
