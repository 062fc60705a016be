/** A way to authenticate that a registry asks for (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const token = /[!#$%&'*+.^_`|~\w-]+/y;
const parameter = /([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;
const separator = /[\s,]*/y;

/** Longest header that is looked at. */
const longest = 16 * 1024;

/**
 * Read the values of WWW-Authenticate headers.
 *
 * @param values one for each header; what cannot be read ends its header
 * @returns the challenges, bearer before basic, as clients prefer them
 */
export function parseChallenges(values: readonly string[]): readonly Challenge[] {
  const found = values.flatMap((value) => parseOne(value.slice(0, longest)));
  const rank = ({ scheme }: Challenge): number => (scheme === 'bearer' ? 0 : scheme === 'basic' ? 1 : 2);
  return found.sort((a, b) => rank(a) - rank(b));
}

function parseOne(value: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(separator);
    const pair = take(parameter);
    if (pair !== null) {
      const last = challenges.at(-1);
      if (last === undefined) return challenges;
      const [, name = '', quoted, plain = ''] = pair;
      last.parameters[name.toLowerCase()] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
      continue;
    }
    const scheme = take(token);
    if (scheme === null) return challenges;
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters: Object.create(null) });
  }
}
