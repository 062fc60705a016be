/** Parses YAML. Errors name file, line and column. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import { AttestdError } from '../support/foundation/errors.js';

/** Converts errors of the library: aliases without an anchor, too many aliases, nesting deeper than the stack. */
function convertErrors<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof AttestdError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('INVALID_ARGUMENT', `${name}: ${reason}`, { cause });
  }
}

/** A parsed text. */
export interface ParsedText {
  readonly doc: Document.Parsed;
  /** The parsed text, the base of the document's offsets. It can have more indentation than the input. */
  readonly text: string;
}

/** Suppresses warnings, for example about a list as a key. The library would emit them as Node.js warnings. */
const logLevel = 'error';

/** The most indentation repairs in a text. A text that needs more is rejected. */
const maxRepairs = 100;

/**
 * Indents the continuation of a quoted value that is not deeper than its key. YAML requires more indentation, but other
 * parsers accept it, and API descriptions up to 1.38 were published like this.
 */
function repairIndent(text: string, offset: number): string | undefined {
  const next = text.indexOf('\n', offset) + 1;
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  const indentOf = (at: number): number => (/^ */.exec(text.slice(at, at + 1000))?.[0] ?? '').length;
  const indent = indentOf(next);
  if (next === 0 || indent === 0) return undefined;
  return text.slice(0, next) + ' '.repeat(Math.max(1, indentOf(line) + 1 - indent)) + text.slice(next);
}

/**
 * Parses YAML (or JSON, a subset of YAML) into a document with source offsets.
 *
 * @param text the document
 * @param name the document's name in errors, such as its path
 * @returns the document, and the base of its offsets
 * @throws AttestdError INVALID_ARGUMENT if the text is not a single well-formed YAML document
 */
export function parseYamlText(text: string, name: string): ParsedText {
  let first: AttestdError | undefined;
  let read = text;
  for (let repairs = 0; ; repairs += 1) {
    const lines = new LineCounter();
    const doc = convertErrors(name, () => parseDocument(read, { lineCounter: lines, prettyErrors: false, logLevel }));
    const [error] = doc.errors;
    if (!error) return { doc, text: read };
    const { line, col } = lines.linePos(error.pos[0]);
    first ??= new AttestdError('INVALID_ARGUMENT', `${name}:${line}:${col}: ${error.message}`, { cause: error });
    // Indentation repairs only an unclosed quoted value.
    const unclosed = error.code === 'MISSING_CHAR' && error.message.startsWith('Missing closing');
    const better = unclosed && repairs < maxRepairs ? repairIndent(read, error.pos[0]) : undefined;
    if (better === undefined) throw first;
    read = better;
  }
}

/**
 * Returns the value of a YAML document.
 *
 * @param doc a document
 * @param name its name in errors
 * @returns its value
 * @throws AttestdError INVALID_ARGUMENT if an alias has no anchor, or aliases expand beyond the library's limit
 */
export function yamlValue(doc: Document.Parsed, name: string): unknown {
  return convertErrors(name, () => doc.toJS() as unknown);
}

/**
 * Parses YAML (or JSON, a subset of YAML).
 *
 * @param text the document
 * @param name the document's name in errors, such as its path
 * @returns the value
 * @throws AttestdError INVALID_ARGUMENT if the text is not a single well-formed YAML document
 */
export function parseYaml(text: string, name: string): unknown {
  return yamlValue(parseYamlText(text, name).doc, name);
}
