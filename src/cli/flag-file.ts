import { readFile } from 'node:fs/promises';
import { AttestdError } from '../support/foundation/errors.js';

/**
 * The text of a file that a flag names.
 *
 * @param flag without its dashes
 * @throws AttestdError USAGE when it cannot be read
 */
export async function readFlagFile(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AttestdError('USAGE', `--${flag}: cannot read '${path}'`, { cause });
  }
}
