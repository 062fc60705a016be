import { AttestdError } from '../../../support/foundation/errors.js';

/** The exit code and error for a process that the runtime could not start. */
export interface StartError {
  readonly exitCode: number;
  readonly error: AttestdError;
}

const notExecutable = 126;
const notFound = 127;
const unknown = 128;

const isNotFound = ['executable file not found', 'no such file or directory'];
const notADirectory =
  'Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the ' +
  'expected type';

/**
 * The exit code and the answer of a failed start: the daemon finds both in the runtime's words
 * (docs/reference/behavior/containers.md#container-start).
 *
 * @param text the runtime's words
 */
export function startErrorOf(text: string): StartError {
  const has = (part: string): boolean => text.toLowerCase().includes(part);
  const invalid = (exitCode: number, message = text): StartError => ({
    exitCode,
    error: new AttestdError('INVALID_ARGUMENT', message),
  });
  if (has('permission denied')) return invalid(notExecutable);
  if (has('is a directory')) return invalid(notExecutable, `${text}: permission denied`);
  if (has('not a directory')) return invalid(notFound, `${text}: ${notADirectory}`);
  if (isNotFound.some(has)) return invalid(notFound);
  return { exitCode: unknown, error: new AttestdError('INTERNAL', text) };
}
