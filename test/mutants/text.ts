/** JSON edited as text, so that what a mutant does not mean to change keeps its bytes. */

/** Index behind the JSON value that starts at `start`. */
function afterValue(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i += 1) {
    const char = text[i];
    if (char === '"') {
      for (i += 1; text[i] !== '"' && i < text.length; i += 1) if (text[i] === '\\') i += 1;
    } else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      if (depth === 0) return i;
      depth -= 1;
    } else if (depth === 0 && (char === ',' || char === '\n')) return i;
    else continue;
    if (depth === 0) return i + 1;
  }
  return text.length;
}

/** Start and end of the value of each member with this key, outside of other such values. */
function valuesOf(text: string, key: string): readonly (readonly [number, number])[] {
  const wanted = `"${key}":`;
  const found: [number, number][] = [];
  for (let i = 0; i < text.length; i += 1) {
    if (text.startsWith(wanted, i)) {
      const start = i + wanted.length;
      const end = afterValue(text, start);
      found.push([start, end]);
      i = end - 1;
    } else if (text[i] === '"') for (i += 1; text[i] !== '"' && i < text.length; i += 1) if (text[i] === '\\') i += 1;
  }
  return found;
}

/**
 * Replace the value of every member with this key.
 *
 * @param edit receives the value's text, returns another
 */
export function editMembers(text: string, key: string, edit: (value: string) => string): string {
  let out = '';
  let done = 0;
  for (const [start, end] of valuesOf(text, key)) {
    out += text.slice(done, start) + edit(text.slice(start, end));
    done = end;
  }
  return out + text.slice(done);
}

/** Remove every member with this key. */
export function dropMembers(text: string, key: string): string {
  const marked = editMembers(text, key, () => '\u0000');
  return marked.replaceAll(new RegExp(`,"${key}":\u0000|"${key}":\u0000,?`, 'g'), '');
}

/** The text of each element of an array. */
export function elementsOf(text: string): string[] {
  const elements: string[] = [];
  let i = text.indexOf('[') + 1;
  while (i < text.length && text[i] !== ']') {
    const end = afterValue(text, i);
    elements.push(text.slice(i, end));
    i = text[end] === ',' ? end + 1 : end;
  }
  return elements;
}

/**
 * Edit a document as a value; statements in it keep their bytes.
 *
 * @param edit changes the value in place, or returns another
 */
export function editValue(text: string, edit: (value: unknown) => unknown): string {
  const kept: string[] = [];
  const keep = (value: string): string => `"@@${kept.push(value) - 1}@@"`;
  const masked = editMembers(editMembers(text, 'Statements', keep), 'Statement', keep);
  const value: unknown = JSON.parse(masked);
  const edited = edit(value);
  const out = JSON.stringify(edited === undefined ? value : edited);
  return `${out.replaceAll(/"@@(\d+)@@"/g, (_, n: string) => kept[Number(n)] ?? '')}\n`;
}

/** The text of each member of an object, key included. */
export function membersOf(text: string): string[] {
  const members: string[] = [];
  let i = text.indexOf('{') + 1;
  while (i < text.length) {
    while (/[\s,]/.test(text[i] ?? '')) i += 1;
    if (text[i] !== '"') break;
    const start = i;
    for (i += 1; text[i] !== '"'; i += 1) if (text[i] === '\\') i += 1;
    i = afterValue(text, text.indexOf(':', i) + 1);
    members.push(text.slice(start, i));
  }
  return members;
}
