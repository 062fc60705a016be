import { posix } from 'node:path';
import { RE2JS } from 're2js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';

/** Characters of a rule; a path has fewer. */
const longestRule = 4096;

/** A rule of a .dockerignore file. */
interface Rule {
  readonly pattern: RE2JS;
  /** Whether what it fits is not ignored after all. */
  readonly again: boolean;
}

/**
 * Which paths a .dockerignore file ignores, by themselves or by a directory above; the last rule that fits decides.
 *
 * @param text rules, one a line
 * @param paths in the context
 * @throws AttestdError INVALID_ARGUMENT for a rule that is longer than a path
 */
export async function ignoredOf(text: string, paths: readonly string[]): Promise<readonly string[]> {
  const found = paths.map((path) => ({
    path,
    above: path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/')),
    ignored: false,
  }));
  for (const { pattern, again } of rulesOf(text)) {
    await yieldIfDue();
    for (const one of found)
      if (one.ignored === again && one.above.some((path) => pattern.matches(path))) one.ignored = !again;
  }
  return found.filter(({ ignored }) => ignored).map(({ path }) => path);
}

function* rulesOf(text: string): Generator<Rule> {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const line of lines) {
    const trimmed = line.trim();
    if (trimmed === '' || line.startsWith('#')) continue;
    const again = trimmed.startsWith('!');
    const glob = posix.normalize(trimmed.slice(again ? 1 : 0).trim()).replace(/^\/|\/$/g, '');
    if (glob === '' || glob === '.') continue;
    if (glob.length > longestRule)
      throw new AttestdError('INVALID_ARGUMENT', `a rule of .dockerignore has more than ${longestRule} characters`);
    // Not backtracking: a pattern costs what it is long.
    yield { pattern: RE2JS.compile(expressionOf(glob), RE2JS.DOTALL), again };
  }
}

/** A pattern as a regular expression: `**` stands for any number of directories. */
function expressionOf(glob: string): string {
  return glob.replace(/\*\*\/?|\\?[\s\S]/g, (piece) => {
    if (piece === '**/') return '(?:.*/)?';
    if (piece === '**') return '.*';
    if (piece === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    return RE2JS.quote(piece.startsWith('\\') ? piece.slice(1) : piece);
  });
}
