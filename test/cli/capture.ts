/** What a command does: its exit code or error, and what it writes to standard output. */
export interface Outcome {
  readonly code: number | undefined;
  readonly error: unknown;
  readonly stdout: string;
}

/**
 * Runs a command in this process and keeps what it writes.
 *
 * @param command runs the command
 * @returns exit code or error, and standard output
 */
export async function capture(command: () => Promise<number>): Promise<Outcome> {
  const write = process.stdout.write;
  let stdout = '';
  process.stdout.write = ((chunk: string | Uint8Array) => {
    stdout += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  }) as typeof process.stdout.write;
  try {
    return { code: await command(), error: undefined, stdout };
  } catch (error) {
    return { code: undefined, error, stdout };
  } finally {
    process.stdout.write = write;
  }
}
