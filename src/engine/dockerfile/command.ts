import { AttestdError } from '../../support/foundation/errors.js';

/**
 * A JSON array of strings; undefined for what is no JSON, which is then a shell's.
 *
 * @throws AttestdError INVALID_ARGUMENT for an array of anything else, with dockerd's text
 */
export function execForm(args: string): string[] | undefined {
  if (!args.startsWith('[')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(args);
  } catch {
    return undefined;
  }
  if (Array.isArray(parsed) && parsed.every((item) => typeof item === 'string')) return parsed;
  const why = 'when using JSON array syntax, arrays must be comprised of strings only';
  throw new AttestdError('INVALID_ARGUMENT', why);
}

/**
 * What a container runs: as given, or by a shell.
 *
 * @throws AttestdError INVALID_ARGUMENT for a JSON array of anything but strings
 */
export function commandOf(args: string, shell: readonly string[] = ['/bin/sh', '-c']): string[] {
  return execForm(args) ?? (args === '' ? [...shell] : [...shell, args]);
}
