import { LRUCache } from 'lru-cache';
import { type ParsedScript, parse, type Statement } from 'unbash';
import { maxHereDocuments, maxScriptLength } from '../limits.js';

/** A script, as far as it can be read. */
export interface ParseResult {
  /** The statements to run: all, or those before the line with the error. */
  readonly statements: readonly Statement[];
  /** In the shell's words, without its name. */
  readonly error?: string;
  /** Whether more input may complete it. */
  readonly incomplete: boolean;
}

/** Recently parsed scripts. A tree has some hundred times the size of its text. */
const cachedScripts = new LRUCache<string, ParseResult>({
  maxSize: 128 * 1024,
  maxEntrySize: 16 * 1024,
  sizeCalculation: (_, source) => source.length + 1,
});

/** Read a script. What was read lately is kept. */
export function readScript(source: string): ParseResult {
  const present = cachedScripts.get(source);
  if (present !== undefined) return present;
  if (source.length > maxScriptLength) return { statements: [], error: 'out of memory', incomplete: false };
  if (source.split('<<', maxHereDocuments + 2).length > maxHereDocuments + 1)
    return { statements: [], error: 'too many here-documents', incomplete: false };
  const reading = parseError(parse(source), source);
  cachedScripts.set(source, reading);
  return reading;
}

/** Returns the valid part of a parsed script, which may be the inside of another one. */
export function parseError(script: ParsedScript, source: string): ParseResult {
  const error = script.errors?.[0];
  if (error === undefined) return { statements: script.commands, incomplete: false };
  const lineStart = source.lastIndexOf('\n', error.pos - 1) + 1;
  const statements = script.commands.filter(({ end }) => end < lineStart);
  const { fault: message, incomplete } = describe(error.message);
  return { statements, error: `syntax error: ${message}`, incomplete };
}

/** Words of busybox's shell for what the parser found. */
function describe(message: string): { readonly fault: string; readonly incomplete: boolean } {
  const token = /^unexpected token '(.*)'$/s.exec(message)?.[1];
  if (token !== undefined)
    return { fault: `unexpected ${token === '\n' ? 'newline' : `"${token}"`}`, incomplete: false };
  if (/^unterminated .*(quote|backtick)/.test(message))
    return { fault: 'unterminated quoted string', incomplete: true };
  if (message.startsWith('unterminated parameter')) return { fault: 'missing }', incomplete: true };
  const expected = /^expected '([^']*)'/.exec(message)?.[1];
  if (expected !== undefined) return { fault: `unexpected end of file (expecting "${expected}")`, incomplete: true };
  return { fault: 'unexpected end of file', incomplete: /^(expected|unterminated)/.test(message) };
}
