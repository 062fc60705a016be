/** Parsing YAML, with errors that name file, line and column. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import { AttestdError } from '../errors.js';

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
