import { AttestdError } from '../foundation/errors.js';

/**
 * Whether a shell pattern matches a whole text, with the rules of Go's path.Match: `*` and `?` stop at a slash,
 * `[a-z]` and `[^a-z]` are classes, a backslash escapes.
 *
 * @throws AttestdError INVALID_ARGUMENT when the pattern is malformed
 */
export function matchGlob(pattern: string, text: string): boolean {
  const steps = compile([...pattern]);
  const chars = [...text];
  // Positions that can be reached in the text, in their order, step by step: no backtracking, whatever the pattern.
  let reached = [0];
  for (const step of steps) {
    const next: number[] = [];
    for (const at of reached) {
      if (step !== 'star') {
        const c = chars[at];
        if (c !== undefined && step(c)) next.push(at + 1);
        continue;
      }
      // What an earlier position reaches by a star ends at the same slash.
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
