import * as nodeModule from 'node:module';
import { AttestdError } from '../support/foundation/errors.js';
import { terminal } from '../support/foundation/markup.js';

/**
 * Runs a program and sets the exit code of the process. An error is one line on standard error.
 *
 * @param name prefix of errors
 * @param run returns the exit code
 */
export function runMain(name: string, run: () => Promise<number>): void {
  // Node 22 and later can cache compiled code on disk, which shortens the next start.
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
  const fail = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name}: ${terminal.escape(message.replaceAll('\n', ' '))}\n`);
    process.exitCode = error instanceof AttestdError ? error.exitCode : 3;
  };
  // A reader such as `head` may close the pipe early. That is not an error.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') fail(error);
    });
  run().then((code) => {
    process.exitCode ??= code;
  }, fail);
}
