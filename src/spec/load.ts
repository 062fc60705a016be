/** Reading YAML and JSON descriptions, with errors that name file, line and column. */
import { readFileSync } from 'node:fs';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { AttestdError } from '../errors.js';
import { type Description, isObject } from './document.js';

/** What the library throws on its own: aliases without an anchor, too many aliases, nesting beyond the stack. */
function guarded<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof AttestdError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('INVALID_ARGUMENT', `${name}: ${reason}`, { cause });
  }
}

/**
 * Parses YAML (or JSON, which is YAML) to a document that knows where everything stands.
 *
 * @param text the document
 * @param name what the document is called in errors, such as its path
 * @returns the document
 * @throws AttestdError INVALID_ARGUMENT when the text is no single well-formed YAML document
 */
export function parseYamlDocument(text: string, name: string): Document.Parsed {
  const lines = new LineCounter();
  const doc = guarded(name, () => parseDocument(text, { lineCounter: lines, prettyErrors: false }));
  const [error] = doc.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new AttestdError('INVALID_ARGUMENT', `${name}:${line}:${col}: ${error.message}`, { cause: error });
  }
  return doc;
}

/**
 * The value of a YAML document.
 *
 * @param doc a document
 * @param name what it is called in errors
 * @returns its value
 * @throws AttestdError INVALID_ARGUMENT when its aliases lead nowhere or multiply without measure
 */
export function yamlValue(doc: Document.Parsed, name: string): unknown {
  return guarded(name, () => doc.toJS() as unknown);
}

/**
 * Parses YAML (or JSON, which is YAML).
 *
 * @param text the document
 * @param name what the document is called in errors, such as its path
 * @returns the value
 * @throws AttestdError INVALID_ARGUMENT when the text is no single well-formed YAML document
 */
export function parseYaml(text: string, name: string): unknown {
  return yamlValue(parseYamlDocument(text, name), name);
}

/**
 * Reads a file as text.
 *
 * @param path the file
 * @returns its text
 * @throws AttestdError NOT_FOUND when there is no such file, INVALID_ARGUMENT when it cannot be read
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
 * @param name what the document is called in errors
 * @returns the description
 * @throws AttestdError INVALID_ARGUMENT when it is no Swagger 2.0 description
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
