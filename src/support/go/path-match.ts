import { AttestdError } from '../foundation/errors.js';

/**
 * Compiles a shell pattern with the rules of Go's path.Match: `*` and `?` stop at a slash, `[a-z]` and `[^a-z]` are classes, a
 * backslash escapes.
 *
 * @returns reports whether a whole text matches; its time is the length of the pattern times that of the text
 * @throws AttestdError INVALID_ARGUMENT if the pattern is malformed
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const steps = compile([...pattern]);
  return (text) => matches(steps, [...text]);
}

/** Reports whether a shell pattern matches a whole text. Compile a pattern that is matched more than once. */
export const matchGlob = (pattern: string, text: string): boolean => compileGlob(pattern)(text);

function matches(steps: readonly Step[], chars: readonly string[]): boolean {
  // Positions that the steps so far can reach, in order. Tracking all of them avoids backtracking.
  let reached = [0];
  for (const step of steps) {
    const next: number[] = [];
    for (const at of reached) {
      if (step !== 'star') {
        const c = chars[at];
        if (c !== undefined && step(c)) next.push(at + 1);
        continue;
      }
      // The star of an earlier position already reached the same slash.
      if ((next.at(-1) ?? -1) >= at) continue;
      let end = at;
      next.push(end);
      while (end < chars.length && chars[end] !== '/') next.push(++end);
    }
    reached = next;
  }
  return reached.at(-1) === chars.length;
}

type Step = 'star' | ((c: string) => boolean);

function compile(pattern: readonly string[]): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; ) {
    const c = pattern[at] as string;
    if (c === '[') {
      const [step, next] = compileClass(pattern, at + 1);
      steps.push(step);
      at = next;
      continue;
    }
    if (c === '*') steps.push('star');
    else if (c === '?') steps.push((x) => x !== '/');
    else {
      const literal = c === '\\' ? pattern[++at] : c;
      if (literal === undefined) throw malformed();
      steps.push((x) => x === literal);
    }
    at++;
  }
  return steps;
}

function compileClass(pattern: readonly string[], from: number): [step: Step, next: number] {
  let at = from;
  const negated = pattern[at] === '^';
  if (negated) at++;
  const ranges: [number, number][] = [];
  const char = (): number => {
    if (pattern[at] === '-' || pattern[at] === ']') throw malformed();
    if (pattern[at] === '\\') at++;
    const c = pattern[at++];
    // The class must be closed, so something follows each of its characters.
    if (c === undefined || at >= pattern.length) throw malformed();
    return c.codePointAt(0) as number;
  };
  while (pattern[at] !== ']' || ranges.length === 0) {
    const low = char();
    let high = low;
    if (pattern[at] === '-') {
      at++;
      high = char();
    }
    ranges.push([low, high]);
  }
  const step = (c: string): boolean => {
    const code = c.codePointAt(0) as number;
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
  };
  return [step, at + 1];
}

const malformed = (): AttestdError => new AttestdError('INVALID_ARGUMENT', 'syntax error in pattern');
