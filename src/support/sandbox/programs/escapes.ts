/** Characters of backslash escapes. */
export const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** A byte in octal digits. */
export const octal = (digits: string): number => Number.parseInt(digits, 8) & 0xff;
