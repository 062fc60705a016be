/** What a project makes of changes: how grave it takes each rule, and which changes it accepts, with its reasons. */
import { AttestdError } from '../support/foundation/errors.js';
import type { Change, Comparison } from './diff.js';
import { placeOf, type Severity, severities, severityOf } from './diff-rows.js';
import { type RuleId, rules } from './diff-rules.js';
import { isObject } from './document.js';
import { readText } from './load.js';
import { parseYaml } from './yaml.js';

/** How grave rules are taken. */
export type Gravity = ReadonlyMap<RuleId, Severity | 'off'>;

/** A change, or several of one place, that a project accepts. */
export interface Acceptance {
  /** Only changes of this rule; absent for all. */
  readonly rule?: RuleId;
  /** The place, as reports show it, or the beginning of one. */
  readonly at: string;
  readonly reason: string;
}

/** A change that is accepted. */
export interface Accepted {
  readonly change: Change;
  readonly reason: string;
}

function readMembers(file: string, member: string): unknown {
  const value = parseYaml(readText(file), file);
  if (!isObject(value) || Object.keys(value).some((key) => key !== member)) {
    throw new AttestdError('INVALID_ARGUMENT', `${file}: not a mapping with '${member}' alone`);
  }
  return value[member];
}

function ruleOf(value: unknown, where: string): RuleId {
  if (typeof value === 'string' && Object.hasOwn(rules, value)) return value as RuleId;
  throw new AttestdError('INVALID_ARGUMENT', `${where}: no rule is called ${JSON.stringify(value)}`);
}

/**
 * Reads how grave a project takes rules: a YAML file with `severity`, a mapping of rules to `error`, `warning`, `info` or `off`.
 *
 * @param file the file
 * @returns what it says, by rule
 * @throws AttestdError NOT_FOUND, or INVALID_ARGUMENT that names the member
 */
export function readGravity(file: string): Gravity {
  const given = readMembers(file, 'severity');
  if (!isObject(given)) throw new AttestdError('INVALID_ARGUMENT', `${file}: 'severity' is no mapping`);
  return new Map(
    Object.entries(given).map(([name, level]) => {
      const id = ruleOf(name, `${file}: severity`);
      // YAML 1.1 readers take a bare off for false, and so may the writer's editor.
      const named = level === false ? 'off' : level;
      if (named === 'off' || severities.some((each) => each === named)) return [id, named as Severity | 'off'];
      throw new AttestdError('INVALID_ARGUMENT', `${file}: severity: ${name} is neither error, warning, info nor off`);
    }),
  );
}

/**
 * Reads what a project accepts: a YAML file with `accept`, a list of `at`, `reason` and perhaps `rule`.
 *
 * @param file the file
 * @returns its entries
 * @throws AttestdError NOT_FOUND, or INVALID_ARGUMENT that names the entry
 */
export function readAcceptances(file: string): Acceptance[] {
  const given = readMembers(file, 'accept');
  if (!Array.isArray(given)) throw new AttestdError('INVALID_ARGUMENT', `${file}: 'accept' is no list`);
  return given.map((entry: unknown, index) => {
    const where = `${file}: entry ${index + 1}`;
    if (!isObject(entry)) throw new AttestdError('INVALID_ARGUMENT', `${where} is no mapping`);
    const { at, reason, rule, ...others } = entry;
    const [other] = Object.keys(others);
    if (other !== undefined) throw new AttestdError('INVALID_ARGUMENT', `${where} has an unknown member ${other}`);
    for (const [name, value] of Object.entries({ at, reason })) {
      if (typeof value !== 'string' || value.trim() === '') {
        throw new AttestdError('INVALID_ARGUMENT', `${where} has no ${name}`);
      }
    }
    return { at: at as string, reason: reason as string, ...(rule !== undefined && { rule: ruleOf(rule, where) }) };
  });
}

/** Whether a place is another, or in it. */
function isWithin(place: string, outer: string): boolean {
  return place === outer || (place.startsWith(outer) && /^[ .[]/.test(place.slice(outer.length)));
}

/**
 * Takes the accepted changes out of a comparison.
 *
 * @param comparison the comparison
 * @param acceptances what is accepted
 * @returns the comparison without them; what was accepted; and the entries that no change needs
 */
export function accept(
  comparison: Comparison,
  acceptances: readonly Acceptance[],
): { readonly comparison: Comparison; readonly accepted: readonly Accepted[]; readonly unused: readonly Acceptance[] } {
  const accepted: Accepted[] = [];
  const used = new Set<Acceptance>();
  const changes = comparison.changes.filter((change) => {
    const place = placeOf(change);
    const entry = acceptances.find(
      ({ rule, at }) => (rule === undefined || rule === change.rule) && isWithin(place, at),
    );
    if (!entry) return true;
    used.add(entry);
    accepted.push({ change, reason: entry.reason });
    return false;
  });
  return { comparison: { ...comparison, changes }, accepted, unused: acceptances.filter((entry) => !used.has(entry)) };
}

/**
 * Makes a judge of what a project says of rules.
 *
 * @param gravity what it says; where it says nothing, `severityOf` does
 */
export function judgeBy(gravity: Gravity): (change: Change) => Severity | undefined {
  return (change) => {
    const level = gravity.get(change.rule) ?? severityOf(change);
    return level === 'off' ? undefined : level;
  };
}
