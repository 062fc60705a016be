function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The JSON documents of a text that has one after the other.
 *
 * @param isByLine whether each has to be a line, as in application/jsonl; else white space and the ends of lines mean nothing
 * @returns the text of each; what is none stays whole
 */
export function documents(text: string, isByLine: boolean): readonly string[] {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  if (isByLine || lines.every(isJson)) return lines;
  const found: string[] = [];
  let [from, depth] = [0, 0];
  // Strings and brackets mark where a document ends; other text belongs to the document before it.
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    if (depth > 0) continue;
    found.push(text.slice(from, index + token.length).trim());
    [from, depth] = [index + token.length, 0];
  }
  const rest = text.slice(from).trim();
  return rest === '' ? found : [...found, rest];
}
