import { spawn } from 'node:child_process';
import { pipeline, Readable } from 'node:stream';
import { AttestdError } from '../support/foundation/errors.js';

/** A stream names the memory that it needs: `xz -9` makes such as need 65 MiB, 32 bytes could ask for 4 GiB. */
const bounds = { bzip2: [], xz: ['--memlimit-decompress=256MiB'], zstd: ['--memory=128MiB'] };

/** A program that decompresses standard input to standard output. */
export type UnpackProgram = keyof typeof bounds;

/**
 * Decompress with a program of the system.
 *
 * @throws AttestdError INVALID_ARCHIVE with what the program says, NOT_IMPLEMENTED where it is not there
 */
export async function* unpackBy(program: UnpackProgram, input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const child = spawn(program, ['-d', '-c', '-q', ...bounds[program]], { stdio: ['pipe', 'pipe', 'pipe'] });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const exit = new Promise<Error | number | null>((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  let failure: Error | undefined;
  // A program that stops early closes its input; its exit status says why.
  pipeline(Readable.from(input, { objectMode: false }), child.stdin, (error) => {
    if (error != null && (error as NodeJS.ErrnoException).code !== 'EPIPE') failure = error;
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const status = await exit;
    // A program that is missing also breaks the pipe to its input.
    if (status instanceof Error)
      throw new AttestdError('NOT_IMPLEMENTED', `${program} archives need the program ${program}: ${status.message}`);
    if (failure !== undefined) throw failure;
    if (status !== 0) {
      const why = Buffer.concat(complaints).toString().trim() || `exit status ${status}`;
      throw new AttestdError('INVALID_ARCHIVE', `${program}: ${why}`);
    }
  } finally {
    child.kill();
  }
}
