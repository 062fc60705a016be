import { posix } from 'node:path';
import { RE2JS } from 're2js';

/** A rule of a .dockerignore file. */
interface Rule {
  readonly pattern: RE2JS;
  /** Whether what it fits is not ignored after all. */
  readonly again: boolean;
}

/**
 * Whether a .dockerignore file ignores a path, or a directory above it; the last rule that fits decides.
 *
 * @param text rules, one a line
 * @param path in the context
 */
export function isIgnored(text: string, path: string): boolean {
  const paths = path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'));
  let ignored = false;
  for (const { pattern, again } of rulesOf(text))
    if (ignored === again && paths.some((one) => pattern.matches(one))) ignored = !again;
  return ignored;
}

function rulesOf(text: string): readonly Rule[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return lines.flatMap((line): Rule[] => {
    const trimmed = line.trim();
    if (trimmed === '' || line.startsWith('#')) return [];
    const again = trimmed.startsWith('!');
    const glob = posix.normalize(trimmed.slice(again ? 1 : 0).trim()).replace(/^\/|\/$/g, '');
    if (glob === '' || glob === '.') return [];
    // Not backtracking: a pattern costs what it is long.
    return [{ pattern: RE2JS.compile(expressionOf(glob), RE2JS.DOTALL), again }];
  });
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
