import { isAtLeast } from '../engine/versions.js';
import type { OperationEntry, ParameterEntry } from '../spec/table.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { Form } from './form.js';

/** Spellings of a flag that clients use; the description knows them as boolean. */
const flags = new Set(['true', 'false', '1', '0']);

function fault(parameter: ParameterEntry, value: string): string | undefined {
  if (parameter.type === 'boolean' && !flags.has(value)) return 'is no boolean';
  if (parameter.type === 'integer' && !/^[+-]?\d+$/.test(value)) return 'is no integer';
  if (parameter.type === 'number' && (value.trim() === '' || Number.isNaN(Number(value)))) return 'is no number';
  if (parameter.minimum !== undefined && Number(value) < parameter.minimum) return `is below ${parameter.minimum}`;
  if (parameter.enum && !parameter.enum.some((one) => String(one) === value))
    return `is none of ${parameter.enum.join(', ')}`;
  return undefined;
}

function refuse(parameter: string, reason: string): never {
  throw new AttestdError('INVALID_ARGUMENT', `strict: parameter '${parameter}' ${reason}`);
}

/**
 * Refuse what dockerd lets pass but the description forbids: unknown parameters, those of a later API version, repeated
 * ones that may not be, values of another type, missing ones.
 *
 * @throws AttestdError INVALID_ARGUMENT that names the parameter
 */
export function checkStrictly(
  operation: Pick<OperationEntry, 'operationId' | 'parameters'>,
  form: Form,
  apiVersion: string,
): void {
  const known = new Map(operation.parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]));
  for (const name of form.names()) {
    const parameter = known.get(name);
    if (!parameter) refuse(name, `is not known to ${operation.operationId}`);
    if (parameter.since !== undefined && !isAtLeast(apiVersion, parameter.since))
      refuse(name, `needs API version ${parameter.since}`);
    const values = form.all(name);
    if (values.length > 1 && !parameter.multi && parameter.type !== 'array') refuse(name, 'is given twice');
    for (const value of values) {
      const reason = fault(parameter, value);
      if (reason !== undefined) refuse(name, `${reason}: '${value}'`);
    }
  }
  for (const parameter of known.values())
    if (parameter.required && !form.has(parameter.name)) refuse(parameter.name, 'is missing');
}
