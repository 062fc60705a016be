/**
 * Classifies changes between two descriptions by their effect on the wire: the allowed requests and responses.
 *
 * - Breaking for clients: a client made for the old description can fail with a server of the new one.
 * - Breaking for servers: a server made for the old description violates the new one on something that the old one
 *   describes. It rejects a request that is now allowed, or sends a response that is no longer allowed.
 * - Risky: a client does not fail, but its request is ignored in part, or a response has an unknown value.
 * - Additive: any other change on the wire.
 * - Documentation: no change on the wire.
 */

import type { Evidence } from './diff-evidence.js';

/** The effect of a change on one side. */
export type ChangeClass = 'breaking' | 'risky' | 'additive' | 'documentation';

/** The direction of a message. */
export type Direction = 'request' | 'response';

interface Classes {
  readonly clients: ChangeClass;
  readonly servers: ChangeClass;
}

/** A rule, with classes by direction. */
interface Rule {
  /** A description for the table of rules. */
  readonly title: string;
  readonly request: Classes;
  readonly response: Classes;
}

const letters: Readonly<Record<string, ChangeClass>> = {
  B: 'breaking',
  R: 'risky',
  A: 'additive',
  D: 'documentation',
};

function classes(pair: string): Classes {
  return { clients: letters[pair[0] as string] as ChangeClass, servers: letters[pair[1] as string] as ChangeClass };
}

/** Creates a rule from pairs of class letters, clients first: one pair for both directions, or one for each. */
function rule(title: string, request: string, response = request): Rule {
  return { title, request: classes(request), response: classes(response) };
}

const widened = ['AB', 'BA'] as const;
const narrowed = ['BA', 'AB'] as const;

const table = {
  'base-path-changed': rule('the path before all paths changed, its version aside', 'BB'),
  'operation-added': rule('a new operation', 'AA'),
  'operation-removed': rule('an operation is gone', 'BA'),
  'operation-moved': rule('an operation has another method or path', 'BA'),
  'parameter-added': rule('a new optional parameter or body', 'AA'),
  'parameter-added-required': rule('a new required parameter or body', 'BA'),
  'parameter-removed': rule('a parameter or body is gone; daemons ignore it', 'RA'),
  'parameter-renamed': rule('a parameter has another name', 'RA'),
  'parameter-made-required': rule('a parameter or body became required', 'BA'),
  'parameter-made-optional': rule('a parameter or body became optional', 'AB'),
  'parameter-takes-several': rule('a parameter with one value takes several', 'AB'),
  'parameter-takes-one': rule('a parameter with several values takes one', 'BA'),
  'parameter-form-changed': rule('several values are written in another way', 'BB'),
  'request-type-added': rule('a new media type of requests', 'AA'),
  'request-type-removed': rule('a media type of requests is gone', 'BA'),
  'response-added-success': rule('a new status below 400', 'RA'),
  'response-added-error': rule('a new status of 400 or above', 'AA'),
  'response-removed-success': rule('a status below 400 is gone', 'BB'),
  'response-removed-error': rule('a status of 400 or above is gone', 'AB'),
  'response-type-added': rule('a new media type of answers', 'AA'),
  'response-type-removed': rule('a media type of answers is gone', 'BB'),
  'media-restated': rule(
    'media types that only the format states in another way: Swagger 2.0 has them by operation',
    'DD',
  ),
  'header-added': rule('a new header of answers', 'AA'),
  'header-removed': rule('a header of answers is gone', 'BA'),
  'property-added': rule('a new optional property', 'AA'),
  'property-added-required': rule('a new required property', ...narrowed),
  'property-removed': rule('a property is gone; daemons ignore it in requests', 'RA', 'BA'),
  'property-renamed': rule('a property has another name', 'RA', 'BA'),
  'property-made-required': rule('a property became required', ...narrowed),
  'property-made-optional': rule('a property became optional', ...widened),
  'type-widened': rule('more types are allowed', ...widened),
  'type-narrowed': rule('fewer types are allowed', ...narrowed),
  'type-changed': rule('another type', 'BB'),
  'nullable-added': rule('null is allowed, by the schema itself', ...widened),
  'nullable-removed': rule('null is not allowed any more', ...narrowed),
  'null-hint': rule('`x-nullable` changed: Go uses a pointer or no pointer, which may decide about null', 'DD'),
  'omit-empty': rule('`x-omitempty` became true: Go omits an empty value', 'DD', 'RA'),
  'keep-empty': rule('`x-omitempty` is no longer true: Go sends an empty value', 'DD', 'AR'),
  'read-only-added': rule('`readOnly` was added: daemons ignore the property in requests', 'RA', 'DD'),
  'read-only-removed': rule('`readOnly` was removed: requests may set the property', 'AA', 'DD'),
  'go-name': rule('`x-go-name` changed: generated Go code has another field name', 'DD'),
  'go-type': rule('`x-go-type` changed: generated Go code has another type', 'DD'),
  'path-mismatch': rule('the path template and the path parameters have different names', 'BB'),
  'enum-widened': rule('more values are allowed', 'AB', 'RA'),
  'enum-narrowed': rule('fewer values are allowed', ...narrowed),
  'format-changed': rule('another format', 'RR'),
  'format-dropped': rule('no format any more', 'AR', 'RA'),
  'format-added': rule('a format where there was none', 'RA', 'AR'),
  'limit-relaxed': rule('a limit was relaxed or dropped', ...widened),
  'limit-tightened': rule('a limit was added or tightened', ...narrowed),
  'limit-changed': rule('another pattern or step', 'BB'),
  'unknown-allowed': rule('properties with other names are allowed', ...widened),
  'unknown-refused': rule('properties with other names are not allowed any more', ...narrowed),
  'combination-changed': rule('another oneOf, anyOf or not', 'BB'),
  'default-changed': rule('another default', 'BB', 'DD'),
  'default-told': rule('a default is said, or no longer said, and may have been the same', 'DD'),
  'definition-added': rule('a new named schema; what that adds is reported where it is used', 'DD'),
  'definition-removed': rule('a named schema is gone; what that changes is reported where it was used', 'DD'),
  'definition-renamed': rule('a named schema has another name', 'DD'),
  'version-changed': rule('another API version', 'DD'),
  'name-changed': rule('another operationId, tag or name of a path parameter', 'DD'),
  'mark-changed': rule('a deprecation, x-since or another x- mark', 'DD'),
  deprecated: rule('it is deprecated, by a mark or in words', 'DD'),
  undeprecated: rule('it is no longer deprecated', 'DD'),
  'values-told': rule('a description lists other values, or calls a value deprecated', 'DD'),
  'words-changed': rule('words or examples', 'DD'),
} as const satisfies Record<string, Rule>;

/** The id of a rule. */
export type RuleId = keyof typeof table;

/** The rules by id, in the order of the documentation. */
export const rules: Readonly<Record<RuleId, Rule>> = table;

/** The classes in ascending order of severity. */
export const order: readonly ChangeClass[] = ['documentation', 'additive', 'risky', 'breaking'];

/** Returns the more severe of two classes. */
export function worse(a: ChangeClass, b: ChangeClass): ChangeClass {
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}

/**
 * Classifies a change.
 *
 * @param id the rule
 * @param directions the directions of the messages that contain the location; empty if no operation uses it
 * @param evidence the effect of evidence: a refuted change is documentation, a weakened one is risky at most
 * @returns the classes for clients and servers; documentation without a direction
 */
export function classify(id: RuleId, directions: readonly Direction[], evidence?: Evidence['effect']): Classes {
  let found: Classes = { clients: 'documentation', servers: 'documentation' };
  for (const direction of directions) {
    const next = rules[id][direction];
    found = { clients: worse(found.clients, next.clients), servers: worse(found.servers, next.servers) };
  }
  const most = (name: ChangeClass): ChangeClass => {
    if (evidence === 'refutes') return 'documentation';
    return evidence === 'weakens' && name === 'breaking' ? 'risky' : name;
  };
  return { clients: most(found.clients), servers: most(found.servers) };
}
