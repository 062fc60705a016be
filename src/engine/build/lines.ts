import { AttestdError } from '../../support/foundation/errors.js';
import { execForm } from '../dockerfile/command.js';
import { pairsOf } from '../dockerfile/words.js';

/** An instruction as it stands in a Dockerfile. */
export interface Line {
  /** In small letters. */
  readonly name: string;
  /** With its continuation lines put together. */
  readonly text: string;
  /** `--name=value`, before the arguments. */
  readonly flags: readonly string[];
  readonly args: string;
  /** Where it begins; 1 for the first. */
  readonly number: number;
}

/** A Dockerfile's instructions. */
export interface Lines {
  readonly lines: readonly Line[];
  /** What makes the next character stand for itself, and a line go on. */
  readonly escapeChar: string;
  /** Instructions in which a continuation line is empty. */
  readonly gaps: readonly string[];
}

/** Bytes of a Dockerfile or a .dockerignore file, which are read in one go. */
export const largestText = 1 << 20;
/** Rows of a Dockerfile. */
const mostRows = 50_000;
/** Characters of a row of a Dockerfile. */
export const longestRow = 65_535;

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/**
 * Read a Dockerfile's instructions without looking at what they say (docs/reference/behavior/builder.md#dockerfile-lines).
 *
 * @throws INVALID_ARGUMENT for one without instructions, and for words that are no pairs or no strings
 */
export async function readLines(dockerfile: Buffer): Promise<Lines> {
  if (dockerfile.length > largestText) throw bad(`the Dockerfile has more than ${largestText} bytes`);
  const source = dockerfile
    .toString()
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n');
  const rows = source.replace(/\n$/, '').split('\n');
  if (rows.length > mostRows) throw bad(`the Dockerfile has more than ${mostRows} lines`);
  if (rows.some((row) => row.length > longestRow))
    throw bad(`dockerfile line greater than max allowed size of ${longestRow}`);
  checkDirectives(rows);
  const { DockerfileParser } = await import('dockerfile-ast');
  const parsed = DockerfileParser.parse(source);
  const escapeChar = parsed.getEscapeCharacter();
  const gaps: string[] = [];
  const lines = parsed.getInstructions().map((instruction) => {
    const { start, end } = instruction.getRange();
    const { text, gap, told } = joined(rows.slice(start.line, end.line + 1), escapeChar);
    if (gap) gaps.push(told);
    return readLine(text, start.line + 1);
  });
  if (lines.length === 0) throw bad('file with no instructions');
  for (const line of lines) checkWords(line);
  return { lines, escapeChar, gaps };
}

/** What comments at the top may be to the parser: each once, and another comment ends them. */
function checkDirectives(rows: readonly string[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const [, name = '', value = ''] = /^#\s*([a-z][a-z0-9]*)\s*=\s*(\S.*)$/i.exec(row.trimEnd()) ?? [];
    const directive = name.toLowerCase();
    if (!['syntax', 'escape', 'check'].includes(directive)) return;
    if (seen.has(directive)) throw bad(`only one ${directive} parser directive can be used`);
    seen.add(directive);
    if (directive === 'escape' && value !== '`' && value !== '\\')
      throw bad(`invalid escape token '${value}' does not match \` or \\`);
  }
}

/** One instruction on one line. */
export function readLine(text: string, number: number): Line {
  const [word = ''] = /^\S+/.exec(text) ?? [];
  const flags: string[] = [];
  let args = text.slice(word.length).trim();
  for (let flag = takeFlag(args); flag !== undefined; flag = takeFlag(args)) {
    args = args.slice(flag.length).trim();
    if (flag === '--') break;
    flags.push(flag);
  }
  return { name: word.toLowerCase(), text, flags, args, number };
}

function takeFlag(args: string): string | undefined {
  return /^--(?:"[^"]*"|'[^']*'|\S)*/.exec(args)?.[0];
}

/** The first row and those that go on with it, without comments and empty ones between. */
function joined(rows: readonly string[], escapeChar: string): { text: string; gap: boolean; told: string } {
  let text = '';
  let gap = false;
  for (const [index, row] of rows.entries()) {
    if (index > 0 && /^\s*#/.test(row)) continue;
    if (index > 0 && row.trim() === '') {
      gap = true;
      continue;
    }
    const trimmed = row.trimEnd();
    const goesOn = trimmed.endsWith(escapeChar) && !trimmed.endsWith(escapeChar.repeat(2));
    text += goesOn ? trimmed.slice(0, -1) : row;
    if (!goesOn) break;
  }
  return { text: text.trim(), gap, told: text.trimStart() };
}

const listing = new Set(['add', 'cmd', 'copy', 'entrypoint', 'run', 'shell', 'volume']);

/** What is refused of a line before any line is looked at. */
function checkWords({ name, args }: Line): void {
  if ((name === 'env' || name === 'label') && args !== '') pairsOf(name.toUpperCase(), args);
  if (listing.has(name)) execForm(args);
  if (name === 'onbuild') checkWords(readLine(args, 1));
  if (name === 'healthcheck') execForm(args.replace(/^cmd\s+/i, ''));
}
