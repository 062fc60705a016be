import type { Chance } from './choice.js';

/** A value in a JSON text: where it begins and ends, and its name where it is a member. */
interface Span {
  readonly name: string | undefined;
  readonly start: number;
  readonly end: number;
}

/** Lists whose order nobody promises: dockerd makes them of maps. */
const unordered: Readonly<Record<string, string | undefined>> = { NetworkList: '', VolumeList: 'Volumes' };

/**
 * What stands directly in an array or object of a JSON text. The text is one that the server rendered, so it is JSON;
 * strings are bytes here, for statements are passed on as they are.
 */
function spansIn(text: string, open: number): Span[] {
  const spans: Span[] = [];
  const named = text[open] === '{';
  let depth = 0;
  let start = open + 1;
  let name: string | undefined;
  const add = (end: number): void => {
    if (text.slice(start, end).trim() !== '') spans.push({ name, start, end });
    start = end + 1;
    name = undefined;
  };
  for (let at = open; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') {
      const from = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
      if (named && depth === 1 && name === undefined && text[at + 1] === ':') {
        name = text.slice(from + 1, at);
        start = at + 2;
        at++;
      }
    } else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') {
      depth--;
      if (depth === 0) {
        add(at);
        return spans;
      }
    } else if (sign === ',' && depth === 1) add(at);
  }
  return spans;
}

function shuffled(text: string, open: number, chance: Chance): string {
  const spans = spansIn(text, open);
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) return text;
  const parts = spans.map(({ start, end }) => text.slice(start, end));
  for (let at = parts.length - 1; at > 0; at--) {
    const other = Math.floor(chance() * (at + 1));
    [parts[at], parts[other]] = [parts[other] as string, parts[at] as string];
  }
  return `${text.slice(0, first.start)}${parts.join(',')}${text.slice(last.end)}`;
}

/** The text with a member that no client knows at the beginning of an object. */
function extended(text: string, open: number, chance: Chance): string {
  const extra = `"XAttestd${Math.floor(chance() * 1000)}":{"Unknown":[null,1.5e3,""]}`;
  const rest = text.slice(open + 1);
  return `${text.slice(0, open + 1)}${extra}${rest.trimStart().startsWith('}') ? '' : ','}${rest}`;
}

/**
 * Make a JSON answer one that is permitted but unusual: members that no client knows, lists in another order where none is
 * promised. All other bytes stay as they are.
 *
 * @param body as it would be sent
 */
export function hardenJson(operationId: string, body: Buffer, chance: Chance): Buffer {
  let text = body.toString('latin1');
  const list = unordered[operationId];
  if (list === '' && text.startsWith('[')) text = shuffled(text, 0, chance);
  if (text.startsWith('{')) {
    const named = spansIn(text, 0).find(({ name }) => name === list);
    if (named !== undefined && text[named.start] === '[') text = shuffled(text, named.start, chance);
    text = extended(text, 0, chance);
  } else if (text.startsWith('['))
    for (const { start } of spansIn(text, 0).reverse()) if (text[start] === '{') text = extended(text, start, chance);
  return Buffer.from(text, 'latin1');
}
