/** Reads descriptions from files and text. */
import { readFileSync } from 'node:fs';
import { AttestdError } from '../support/foundation/errors.js';
import { type Description, isObject } from './document.js';
import { parseYaml } from './yaml.js';

/**
 * Reads a file as text.
 *
 * @param path the file
 * @returns its text
 * @throws AttestdError NOT_FOUND if the file does not exist, INVALID_ARGUMENT if it cannot be read
 */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new AttestdError(
      code === 'ENOENT' ? 'NOT_FOUND' : 'INVALID_ARGUMENT',
      code === 'ENOENT' ? `no such file: ${path}` : `cannot read ${path}: ${message}`,
      { cause: error },
    );
  }
}

/**
 * Parses a Swagger 2.0 description.
 *
 * @param text YAML or JSON
 * @param name the document's name in errors
 * @returns the description
 * @throws AttestdError INVALID_ARGUMENT if it is not a Swagger 2.0 description
 */
export function parseDescription(text: string, name: string): Description {
  const value = parseYaml(text, name);
  if (!isObject(value)) throw new AttestdError('INVALID_ARGUMENT', `${name}: not a mapping`);
  if (value.swagger !== '2.0') {
    throw new AttestdError('INVALID_ARGUMENT', `${name}: 'swagger' is ${JSON.stringify(value.swagger)}, not "2.0"`);
  }
  for (const key of ['info', 'paths', 'definitions']) {
    if (!isObject(value[key])) throw new AttestdError('INVALID_ARGUMENT', `${name}: '${key}' is no mapping`);
  }
  return value as unknown as Description;
}

/**
 * Reads a Swagger 2.0 description from a file.
 *
 * @param path a YAML or JSON file
 * @returns the description
 * @throws AttestdError NOT_FOUND or INVALID_ARGUMENT
 */
export function readDescription(path: string): Description {
  return parseDescription(readText(path), path);
}
