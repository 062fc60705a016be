/** Applies the policy of a project to changes: the severity of each rule, and the accepted changes with their reasons. */
import { AttestdError } from '../support/foundation/errors.js';
import type { Change, Comparison } from './diff.js';
import { placeOf, type Severity, severities, severityOf } from './diff-rows.js';
import { type RuleId, rules } from './diff-rules.js';
import { isObject } from './document.js';
import { readText } from './load.js';
import { parseYaml } from './yaml.js';

/** Rules about keywords that only Go's code generator reads. */
const goKeywordRules: ReadonlySet<RuleId> = new Set(['null-hint', 'omit-empty', 'keep-empty', 'go-name', 'go-type']);

/** Severities by rule. */
export type Gravity = ReadonlyMap<RuleId, Severity | 'off'>;

/** An acceptance of one or more changes at a location. */
export interface Acceptance {
  /** Limits the acceptance to a rule. */
  readonly rule?: RuleId;
  /** The location as in reports, or a parent of it. */
  readonly at: string;
  readonly reason: string;
}

/** An accepted change. */
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
 * Reads the severities of a project: a YAML file with `severity`, a mapping of rules to `error`, `warning`, `info` or `off`.
 *
 * @param file the file
 * @returns severities by rule
 * @throws AttestdError NOT_FOUND, or INVALID_ARGUMENT that names the member
 */
export function readGravity(file: string): Gravity {
  const given = readMembers(file, 'severity');
  if (!isObject(given)) throw new AttestdError('INVALID_ARGUMENT', `${file}: 'severity' is no mapping`);
  return new Map(
    Object.entries(given).map(([name, level]) => {
      const id = ruleOf(name, `${file}: severity`);
      // YAML 1.1 parsers, and editors that use one, turn a plain off into false.
      const named = level === false ? 'off' : level;
      if (named === 'off' || severities.some((each) => each === named)) return [id, named as Severity | 'off'];
      throw new AttestdError('INVALID_ARGUMENT', `${file}: severity: ${name} is neither error, warning, info nor off`);
    }),
  );
}

/**
 * Reads acceptances: a YAML file with `accept`, a list of entries with `at`, `reason` and an optional `rule`.
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

/** Whether a location equals another or is inside it. */
function isWithin(place: string, outer: string): boolean {
  return place === outer || (place.startsWith(outer) && /^[ .[]/.test(place.slice(outer.length)));
}

/**
 * Removes the accepted changes from a comparison.
 *
 * @param comparison the comparison
 * @param acceptances the acceptances
 * @returns the remaining comparison, the accepted changes, and the acceptances that match no change
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
 * Removes the changes of texts, marks and Go keywords from a comparison.
 *
 * @param comparison the comparison
 * @returns the changes on the wire, and documentation corrections
 */
export function structureOnly(comparison: Comparison): Comparison {
  const changes = comparison.changes.filter(
    ({ rule, clients, servers, evidence }) =>
      !goKeywordRules.has(rule) && (clients !== 'documentation' || servers !== 'documentation' || evidence),
  );
  return { ...comparison, changes };
}

/**
 * Returns a function that assigns severities.
 *
 * @param gravity severities by rule. Default for other rules: `severityOf`
 */
export function judgeBy(gravity: Gravity): (change: Change) => Severity | undefined {
  return (change) => {
    const level = gravity.get(change.rule) ?? severityOf(change);
    return level === 'off' ? undefined : level;
  };
}
