/** Compares the keywords that constrain a value: enum, format, default, limits, combinations. */
import { isDeepStrictEqual } from 'node:util';
import { type Flat, show } from './diff-flat.js';
import type { RuleId } from './diff-rules.js';
import type { Place, Sink } from './diff-units.js';
import type { Json } from './document.js';

const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const other = ['pattern', 'multipleOf', 'uniqueItems'];

type Note = (rule: RuleId, message: string) => void;

function compareEnums(x: Json | undefined, y: Json | undefined, note: Note): void {
  if (!Array.isArray(x) || !Array.isArray(y)) {
    if (Array.isArray(y)) note('enum-narrowed', `only ${y.map(show).join(', ')}`);
    if (Array.isArray(x)) note('enum-widened', `any value, not only ${x.map(show).join(', ')}`);
    return;
  }
  const has = (values: readonly Json[], value: Json): boolean => values.some((each) => isDeepStrictEqual(each, value));
  const added = y.filter((value) => !has(x, value));
  const gone = x.filter((value) => !has(y, value));
  if (added.length > 0) note('enum-widened', `also ${added.map(show).join(', ')}`);
  if (gone.length > 0) note('enum-narrowed', `no longer ${gone.map(show).join(', ')}`);
}

function compareLimit(key: string, sign: number, x: Json | undefined, y: Json | undefined, note: Note): void {
  if (x === y) return;
  const tightened = x === undefined || (y !== undefined && (Number(y) - Number(x)) * sign > 0);
  note(tightened ? 'limit-tightened' : 'limit-relaxed', `${key} was ${show(x)}, is ${show(y)}`);
}

/** Selects the rule for a removed, added or changed value. */
function change(x: Json | undefined, y: Json | undefined, rules: readonly [RuleId, RuleId, RuleId]): RuleId {
  const without = (value: Json | undefined): boolean => value === undefined || value === false;
  return without(y) ? rules[0] : without(x) ? rules[1] : rules[2];
}

/**
 * Compares the keywords that constrain a value.
 *
 * @param x the old schema
 * @param y the new schema
 * @param place their location
 * @param sink receives the changes
 */
export function compareValueKeywords(x: Flat, y: Flat, { where: at }: Place, sink: Sink): void {
  const note: Note = (rule, message) => sink.note({ rule, at, message });
  const [a, b] = [x.keywords, y.keywords];
  compareEnums(a.enum, b.enum, note);
  if (a.format !== b.format) {
    const rule = change(a.format, b.format, ['format-dropped', 'format-added', 'format-changed']);
    note(rule, `format was ${show(a.format)}, is ${show(b.format)}`);
  }
  if (!isDeepStrictEqual(a.default, b.default)) {
    // If one side does not state a default, it may have the same one.
    const told = a.default === undefined || b.default === undefined;
    note(told ? 'default-told' : 'default-changed', `default was ${show(a.default)}, is ${show(b.default)}`);
  }
  for (const key of lower) compareLimit(key, 1, a[key], b[key], note);
  for (const key of upper) compareLimit(key, -1, a[key], b[key], note);
  for (const key of other) {
    if (isDeepStrictEqual(a[key], b[key])) continue;
    const rule = change(a[key], b[key], ['limit-relaxed', 'limit-tightened', 'limit-changed']);
    note(rule, `${key} was ${show(a[key])}, is ${show(b[key])}`);
  }
  for (const key of ['choices', 'not']) {
    if (!isDeepStrictEqual(a[key], b[key])) note('combination-changed', key === 'not' ? 'not' : 'oneOf or anyOf');
  }
}
