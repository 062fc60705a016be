/** Parsing YAML, with errors that name file, line and column. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import { AttestdError } from '../support/foundation/errors.js';

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

/** A parsed text. */
export interface ParsedText {
  readonly doc: Document.Parsed;
  /** The text that the document's offsets lead into: the parsed one, with more white space in places. */
  readonly text: string;
}

/** What is odd and no error, such as a list as a key, is not told: the library would make warnings of Node of it. */
const logLevel = 'error';

/** Texts that need more mending than this are refused. */
const maxMended = 100;

/**
 * Indents the line after an offset, where a quoted value goes on no deeper than its key. YAML wants it deeper, and other
 * readers do not mind: API descriptions up to 1.38 were published so.
 */
function mend(text: string, offset: number): string | undefined {
  const next = text.indexOf('\n', offset) + 1;
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  const indentOf = (at: number): number => (/^ */.exec(text.slice(at, at + 1000))?.[0] ?? '').length;
  const indent = indentOf(next);
  if (next === 0 || indent === 0) return undefined;
  return text.slice(0, next) + ' '.repeat(Math.max(1, indentOf(line) + 1 - indent)) + text.slice(next);
}

/**
 * Parses YAML (or JSON, which is YAML) to a document that knows where everything stands.
 *
 * @param text the document
 * @param name what the document is called in errors, such as its path
 * @returns the document, and the text that it knows the places of
 * @throws AttestdError INVALID_ARGUMENT when the text is no single well-formed YAML document
 */
export function parseYamlText(text: string, name: string): ParsedText {
  let first: AttestdError | undefined;
  let read = text;
  for (let mended = 0; ; mended += 1) {
    const lines = new LineCounter();
    const doc = guarded(name, () => parseDocument(read, { lineCounter: lines, prettyErrors: false, logLevel }));
    const [error] = doc.errors;
    if (!error) return { doc, text: read };
    const { line, col } = lines.linePos(error.pos[0]);
    first ??= new AttestdError('INVALID_ARGUMENT', `${name}:${line}:${col}: ${error.message}`, { cause: error });
    // Other signs may be missing as well, which no indentation mends.
    const unclosed = error.code === 'MISSING_CHAR' && error.message.startsWith('Missing closing');
    const better = unclosed && mended < maxMended ? mend(read, error.pos[0]) : undefined;
    if (better === undefined) throw first;
    read = better;
  }
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
  return yamlValue(parseYamlText(text, name).doc, name);
}
