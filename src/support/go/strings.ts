/** A text without characters at its ends, as Go's strings.Trim and its kin: once over it, where `/x+$/` looks from each place anew. */

/** Without those of the characters at its end. */
export function trimRight(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Without those of the characters at its beginning. */
export function trimLeft(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text.charAt(start))) start++;
  return text.slice(start);
}

/** Without those of the characters at either end. */
export const trim = (text: string, characters: string): string => trimRight(trimLeft(text, characters), characters);

const space =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** Go's strings.TrimSpace: unlike String.trim it keeps U+FEFF and drops U+0085. */
export const trimSpace = (text: string): string => trim(text, space);
