import { JsonRanges, type Range } from '../client/json-ranges.js';
import type { JsonObject } from '../policy/json-values.js';
import { AttestdError } from '../support/foundation/errors.js';
import { foldKey } from '../support/go/json/text.js';
import { type GoType, jsonFault } from '../support/go/json.js';

/** What has members as it is, an array too, else what has none. */
export const shape = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null ? (value as JsonObject) : {};

/** A JSON body that Go and JavaScript read alike, and that can be changed without being written anew. */
export interface GateBody {
  readonly value: JsonObject;
  /**
   * The bytes with other texts in some places.
   *
   * @param changes the path to each text that changes, and what it becomes
   */
  with(changes: readonly (readonly [path: readonly (string | number)[], text: string])[]): Buffer;
}

function refuse(why: string): never {
  throw new AttestdError('INVALID_ARGUMENT', `the gate refuses the body: ${why}`);
}

/**
 * Go finds a member also by a name in other letters, and takes the last of several; a policy would not see what the daemon sees.
 */
function checkNames(ranges: JsonRanges, bytes: Buffer, range: Range, type: GoType): void {
  const first = bytes[range[0]];
  if (type.kind === 'pointer') checkNames(ranges, bytes, range, type.element);
  else if (type.kind === 'slice' && first === 0x5b)
    for (const element of ranges.elements(range)) checkNames(ranges, bytes, element, type.element);
  else if ((type.kind === 'struct' || type.kind === 'map') && first === 0x7b) {
    const seen = new Set<string>();
    for (const [name, value] of ranges.entries(range)) {
      const key = type.kind === 'struct' ? foldKey(name) : name;
      if (seen.has(key)) refuse(`it has '${name}' twice`);
      seen.add(key);
      if (type.kind === 'map') {
        checkNames(ranges, bytes, value, type.element);
        continue;
      }
      const field = type.byFoldedKey.get(key);
      if (field === undefined) continue;
      if (!type.byKey.has(name)) refuse(`'${name}' is spelled '${field.key}'`);
      checkNames(ranges, bytes, value, (type.byKey.get(name) ?? field).type);
    }
  }
}

/**
 * Read a JSON object strictly: UTF-8, one document, each member once and in its own letters.
 *
 * @param bytes the whole body
 * @param type what the daemon decodes it into
 * @throws AttestdError INVALID_ARGUMENT for what could be read in two ways
 */
export function readBody(bytes: Buffer, type: GoType): GateBody {
  const fault = jsonFault(bytes);
  if (fault !== undefined) throw new AttestdError('INVALID_ARGUMENT', `invalid JSON: ${fault}`);
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) refuse('it is no UTF-8');
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('it is no object');
  const ranges = new JsonRanges(bytes);
  const root = ranges.document();
  checkNames(ranges, bytes, root, type);
  const find = (path: readonly (string | number)[]): Range =>
    path.reduce<Range>((range, step) => {
      const next = typeof step === 'number' ? ranges.elements(range)[step] : ranges.members(range).get(step);
      if (next === undefined) throw new AttestdError('INTERNAL', `the body has no ${path.join('.')}`);
      return next;
    }, root);
  return {
    value: value as JsonObject,
    with: (changes) => {
      const found = changes
        .map(([path, replacement]) => ({ range: find(path), replacement }))
        .sort((a, b) => a.range[0] - b.range[0]);
      const pieces: (Buffer | string)[] = [];
      let at = 0;
      for (const { range, replacement } of found) {
        pieces.push(bytes.subarray(at, range[0]), JSON.stringify(replacement));
        at = range[1];
      }
      pieces.push(bytes.subarray(at));
      return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
    },
  };
}
