import { commonFlags, type Flag, programFlags } from './arguments.js';
import type { Command, Entry } from './command.js';

/** Columns that help and tables are written for. */
export const columns = 80;

/**
 * Break a text into lines of at most a width. Words that are longer stay whole.
 *
 * @param text words between spaces; line feeds count as spaces
 * @param width characters in a line
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Two columns: what something is called, and what it is. */
function definitions(rows: readonly (readonly [name: string, text: string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, text]) =>
    wrapText(text, columns - width).map((line, at) => (at === 0 ? `  ${name}` : '').padEnd(width) + line),
  );
}

function flagRow([name, flag]: readonly [string, Flag], listed: Set<unknown>): readonly [string, string] {
  const { short, value = 'VALUE', type, multiple, commas } = flag;
  // Long lists of names stand once.
  const choices = listed.has(flag.choices) ? undefined : flag.choices;
  listed.add(flag.choices);
  const left = `${short === undefined ? '    ' : `-${short}, `}--${name}${type === 'string' ? ` ${value}` : ''}`;
  const several = commas ? ' (several with commas)' : multiple ? ' (may be repeated)' : '';
  return [left, `${flag.help}${choices ? `; one of ${choices.join(', ')}` : ''}${several}`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/**
 * The help of an entry of the table of commands.
 *
 * @param path the program's name, and the names that lead to it
 * @param entry the entry
 * @param own its command, where it has one
 */
export function helpText(path: readonly string[], entry: Entry, own: Command | undefined): string {
  const name = path.join(' ');
  const usages = [
    ...(own ? [`${name} [OPTIONS]${(own.line.positionals ?? []).map((each) => ` ${each}`).join('')}`] : []),
    ...(entry.commands ? [`${name} COMMAND [OPTIONS]`] : []),
  ];
  const blocks = [usages.map((text, at) => `${at === 0 ? 'usage: ' : '       '}${text}`)];
  blocks.push(wrapText(sentence(entry.summary), columns));
  const { commands } = entry;
  if (commands)
    blocks.push(definitions(Object.entries(commands).map(([word, { summary }]): [string, string] => [word, summary])));
  if (own) {
    const { flags, notes = [], exitCodes, example } = own.line;
    const listed = new Set<unknown>();
    blocks.push(definitions(Object.entries<Flag>({ ...flags, ...commonFlags }).map((each) => flagRow(each, listed))));
    for (const note of notes) blocks.push(wrapText(note, columns));
    if (exitCodes !== undefined) blocks.push(wrapText(`Exit codes: ${exitCodes}.`, columns));
    blocks.push(['example:', `  ${example.replace(/^attestd (?=attestations)/, `${path[0]} `)}`]);
  } else {
    if (path.length === 1)
      blocks.push(definitions(Object.entries<Flag>(programFlags).map((each) => flagRow(each, new Set()))));
    blocks.push([`'${[path[0], 'help', ...path.slice(1)].join(' ')} COMMAND' tells more.`]);
  }
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
