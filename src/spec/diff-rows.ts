/** Groups changes into the rows of a report, and folds the changes that affect no message. */
import type { Change, Comparison } from './diff.js';
import { type ChangeClass, order, type RuleId, worse } from './diff-rules.js';

/** The severity of a row. */
export type Severity = 'error' | 'warning' | 'info';

/** The severities in ascending order. */
export const severities: readonly Severity[] = ['info', 'warning', 'error'];

/** One row. */
export interface Row {
  readonly severity: Severity;
  readonly rule: RuleId;
  /** The places, such as `GET /images/json query filters` or `OCIDescriptor`. */
  readonly places: readonly string[];
  readonly message: string;
  readonly clients: ChangeClass;
  readonly servers: ChangeClass;
  /** The changes of the row, at least one. */
  readonly changes: readonly Change[];
  readonly operations: readonly string[];
  /** Whether it is about a named schema. */
  readonly named: boolean;
}

/** Assigns a severity to a change. Undefined omits the change. */
export type Judge = (change: Change) => Severity | undefined;

/** Returns the location of a change, such as `GET /images/json 200` or `ImageSummary.Labels`. */
export function placeOf({ operation, definition, at }: Pick<Change, 'operation' | 'definition' | 'at'>): string {
  if (operation !== undefined) return at === '' ? operation : `${operation} ${at}`;
  if (definition === undefined) return at;
  return /^[[.]/.test(at) || at === '' ? `${definition}${at}` : `${definition}.${at}`;
}

/**
 * Returns the severity of a change for clients: an error if they can fail, a warning if they may behave differently.
 *
 * @param change the change
 */
export function severityOf({ clients }: Change): Severity {
  return clients === 'breaking' ? 'error' : clients === 'risky' ? 'warning' : 'info';
}

/** Rules that get a row although they change no message. */
const spoken: ReadonlySet<RuleId> = new Set([
  'deprecated',
  'undeprecated',
  'values-told',
  'null-hint',
  'omit-empty',
  'keep-empty',
  'go-name',
  'go-type',
  'read-only-added',
  'read-only-removed',
  'media-restated',
]);

/** Whether a change is folded: it changes no message and needs no attention. */
export function isFolded({ rule, clients, servers, evidence, operations }: Change): boolean {
  if (clients !== 'documentation' || servers !== 'documentation') return false;
  return !spoken.has(rule) && (evidence === undefined || operations.length === 0);
}

/** The verbs for several members of one object, by rule. */
const several: Readonly<Partial<Record<RuleId, string>>> = {
  'property-added': 'new properties',
  'property-added-required': 'new required properties',
  'property-removed': 'no longer has',
  'property-renamed': 'renamed',
  'property-made-required': 'required now',
  'property-made-optional': 'optional now',
  'nullable-added': 'may be null',
  'nullable-removed': 'no longer null',
  'null-hint': 'x-nullable changed',
  deprecated: 'deprecated',
  'parameter-added': 'new optional parameters',
  'parameter-added-required': 'new required parameters',
  'parameter-removed': 'no longer takes',
};

/** The most names in a row. */
const mostNames = 8;

/** Splits the location of a change into its parent and its name. */
function split(change: Change): { holder: string; name: string } {
  const [head, at] = [placeOf({ ...change, at: '' }), change.at];
  const space = at.lastIndexOf(' ');
  if (change.rule.startsWith('parameter-')) return { holder: head, name: at };
  const cut = Math.max(at.lastIndexOf('.'), space);
  const holder = placeOf({ ...change, at: cut < 0 ? '' : at.slice(0, cut) });
  return { holder: cut < 0 ? head : holder, name: at.slice(cut + 1) };
}

function list(names: readonly string[]): string {
  const more = names.length - mostNames;
  return more <= 0 ? names.join(', ') : `${names.slice(0, mostNames).join(', ')} and ${more} more`;
}

interface Draft {
  readonly key: string;
  readonly place: string;
  readonly message: string;
  readonly changes: readonly Change[];
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

/** Formats the evidence that the changes of a row share. */
function reason(changes: readonly Change[]): string {
  const [evidence] = changes.map((change) => change.evidence);
  if (!evidence) return '';
  return evidence.effect === 'refutes' ? `; documentation correction: ${evidence.text}` : `; ${evidence.text}`;
}

/** Rules whose changes are counted rather than listed one by one. */
export const countedRules: ReadonlySet<RuleId> = new Set([
  'null-hint',
  'omit-empty',
  'keep-empty',
  'go-name',
  'go-type',
  'media-restated',
]);

const mediaRules = /^(request|response)-type-/;
const limitRules = /^limit-/;

function keyOf(change: Change): string {
  const { rule, clients, servers, operations, evidence } = change;
  const { holder, name } = split(change);
  if (mediaRules.test(rule)) return JSON.stringify(['media', placeOf(change)]);
  if (countedRules.has(rule)) return JSON.stringify([rule, evidence?.text]);
  if (limitRules.test(rule)) return JSON.stringify(['limit', placeOf(change), clients, servers]);
  if (several[rule] === undefined) return JSON.stringify([rule, placeOf(change), change.message]);
  return JSON.stringify([
    rule,
    holder,
    clients,
    servers,
    operations,
    name === '' ? placeOf(change) : '',
    evidence?.text,
  ]);
}

/** Turns the changes of one object or location into one draft row. */
function draft(changes: readonly Change[]): Draft {
  const [first] = changes as [Change];
  if (changes.length > 1 && countedRules.has(first.rule)) {
    const [keyword = ''] = first.message.split(' ');
    const text =
      first.rule === 'media-restated'
        ? `${changes.length} bodies: ${first.message}`
        : `${keyword} changed for ${changes.length} members`;
    const message = `${text}${reason(changes)}`;
    return { key: JSON.stringify([first.rule, message]), place: placeOf(first), message, changes };
  }
  const text = changes.map(({ message }) => message).join('; ');
  const { holder, name } = split(first);
  const verb = several[first.rule];
  if (changes.length === 1 || verb === undefined || mediaRules.test(first.rule) || limitRules.test(first.rule)) {
    // The same member of several objects becomes one row too.
    return {
      key: JSON.stringify([first.rule, name, text]),
      place: placeOf(first),
      message: `${text}${reason(changes)}`,
      changes,
    };
  }
  const names = changes.map((change) => {
    const renamed = change.rule === 'property-renamed' ? ` → ${/^is called (.*) now$/.exec(change.message)?.[1]}` : '';
    return `${split(change).name}${renamed}`;
  });
  const count = changes.length > 2 ? ` (${changes.length})` : '';
  const message = `${verb}: ${list(names)}${count}${reason(changes)}`;
  return { key: JSON.stringify([first.rule, message]), place: holder, message, changes };
}

/**
 * Builds the rows of a report.
 *
 * @param comparison the comparison
 * @param judge assigns severities. Default: `severityOf`
 * @returns rows by descending severity, then in the order of the changes; and the folded changes
 */
export function rowsOf(
  comparison: Comparison,
  judge: Judge = severityOf,
): { readonly rows: readonly Row[]; readonly folded: readonly Change[] } {
  const kept = comparison.changes.filter((change) => judge(change) !== undefined);
  const folded = kept.filter((change) => isFolded(change));
  const shown = kept.filter((change) => !isFolded(change));
  // Added and removed media types share a row.
  const drafts = grouped(
    shown,
    (change) => `${mediaRules.test(change.rule) ? '' : judge(change)} ${keyOf(change)}`,
  ).map(draft);
  const rows = grouped(drafts, ({ key, changes }) => `${judge(changes[0] as Change)} ${key}`).map((same): Row => {
    const changes = same.flatMap((each) => each.changes);
    const worst = (side: 'clients' | 'servers'): ChangeClass =>
      changes.map((change) => change[side]).reduce(worse, order[0] as ChangeClass);
    const severity = changes
      .map((change) => judge(change) as Severity)
      .reduce((a, b) => (severities.indexOf(a) >= severities.indexOf(b) ? a : b));
    const gravest = changes.find((change) => judge(change) === severity) as Change;
    return {
      severity,
      rule: gravest.rule,
      places: [...new Set(countedRules.has(gravest.rule) ? changes.map(placeOf) : same.map(({ place }) => place))],
      message: (same[0] as Draft).message,
      clients: worst('clients'),
      servers: worst('servers'),
      changes,
      operations: [...new Set(changes.flatMap(({ operations }) => operations))].sort(),
      named: changes.every(({ definition }) => definition !== undefined),
    };
  });
  const rank = ({ severity }: Row): number => severities.length - severities.indexOf(severity);
  return { rows: [...rows].sort((a, b) => rank(a) - rank(b)), folded };
}
