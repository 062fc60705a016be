import * as nodeModule from 'node:module';
import { AttestdError } from '../support/foundation/errors.js';

/**
 * Run a program to its end: its errors are a line on standard error, and its exit code the process's.
 *
 * @param name what stands before errors
 * @param run returns the exit code
 */
export function runMain(name: string, run: () => Promise<number>): void {
  // Newer Nodes keep what they compiled, in the folder for temporary files, and start sooner the next time.
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
  const fail = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name}: ${message.replaceAll('\n', ' ')}\n`);
    process.exitCode = error instanceof AttestdError ? error.exitCode : 3;
  };
  // A reader that has seen enough, such as `head`, closes the pipe: the rest is not written, and nothing is wrong.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') fail(error);
    });
  run().then((code) => {
    process.exitCode ??= code;
  }, fail);
}
