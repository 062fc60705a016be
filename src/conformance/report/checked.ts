import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { AttestdError } from '../../support/foundation/errors.js';

/**
 * Compiles a JSON schema of the package.
 *
 * @param schema its file
 * @returns a function that returns the violations of a value, each with its place; empty if the value is valid
 */
export function checkerOf(schema: URL): (value: unknown) => readonly string[] {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
  formats.default(ajv, ['date', 'date-time']);
  const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')));
  return (value) =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message ?? 'is wrong'}`);
}

/**
 * Parse a file's JSON.
 *
 * @param file its name, for the error
 * @throws AttestdError INVALID_JSON when it is none
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AttestdError('INVALID_JSON', `${file} is not JSON`, { cause });
  }
}
