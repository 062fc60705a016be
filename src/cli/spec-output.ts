/** Reading and replacing the files that the `attestd spec` commands work on. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';

/**
 * Reads a file that must be UTF-8, so that writing it back changes no byte.
 *
 * @param path the file
 * @returns its text, a byte order mark included
 * @throws AttestdError USAGE when it cannot be read or is not UTF-8
 */
export function readUtf8(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new AttestdError('USAGE', code === 'ENOENT' ? `no such file: ${path}` : `cannot read ${path}: ${message}`, {
      cause,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new AttestdError('USAGE', `${path} is not UTF-8`, { cause });
  }
}

/**
 * Replaces a file in one step: readers see the old text or the new one, never a part.
 *
 * @param path the file; what a symbolic link leads to is replaced, not the link
 * @param text its new text
 * @throws AttestdError CONFLICT when the folder cannot be written to
 */
export function replaceFile(path: string, text: string): void {
  const target = realpathSync(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(temporary, text, { flag: 'wx' });
    chmodSync(temporary, statSync(target).mode);
    renameSync(temporary, target);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('CONFLICT', `cannot replace ${path}: ${reason}`, { cause });
  }
}
