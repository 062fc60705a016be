import { AttestdError } from '../support/foundation/errors.js';
import { isObject } from './json-values.js';

/** A validated policy decision. */
export interface Decision {
  readonly allow: boolean;
  readonly denyMessages: readonly string[];
  readonly warnings: readonly string[];
}

const undecided = (why: string): AttestdError => new AttestdError('INVALID_ARGUMENT', why);

const messages = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/**
 * Reads a policy's decision as buildx does: `allow` alone decides, `deny_msg` gives reasons, and values other than strings are
 * ignored. `warn_msg` is an addition to buildx (docs/reference/policy.md#what-a-policy-answers).
 *
 * @param value the policy's result: an object or a boolean
 * @throws AttestdError INVALID_ARGUMENT for other values, so that a policy without a result allows nothing
 */
export function readDecision(value: unknown): Decision {
  if (typeof value === 'boolean') return { allow: value, denyMessages: [], warnings: [] };
  if (!isObject(value)) throw undecided('the policy gave no decision: neither an object nor a boolean');
  const { allow, deny_msg: denied, warn_msg: warned } = value;
  if (allow !== undefined && typeof allow !== 'boolean')
    throw undecided(`the policy's 'allow' is no boolean but a ${typeof allow}`);
  return { allow: allow === true, denyMessages: messages(denied), warnings: messages(warned) };
}
