import { type FileHandle, open } from 'node:fs/promises';
import { AttestdError } from '../support/foundation/errors.js';

/** A decision of the gate. */
export interface Decision {
  /** What became of the request: by the policy, by the gate's own rules, or because something failed. */
  readonly decision: 'allow' | 'deny' | 'refuse' | 'error';
  /** The operation, as the description of the API names it; the path where it has none. */
  readonly operation: string;
  /** As the client called the image. */
  readonly image?: string;
  /** What was judged: the image, and its manifest for the platform. */
  readonly id?: string;
  readonly manifest?: string;
  /** The container that began to run, or was made. */
  readonly container?: string;
  readonly reasons?: readonly string[];
  /** Milliseconds that the decision took. */
  readonly ms?: number;
}

/** Where decisions are written, a line of JSON each. */
export interface Audit {
  /** Resolves when the line is written. A rejection ends in a refusal: what is not written must not happen. */
  write(decision: Decision): Promise<void>;
  close(): Promise<void>;
}

const lineOf = (decision: Decision): string => `${JSON.stringify({ time: new Date().toISOString(), ...decision })}\n`;

/** Decisions on a stream that is there anyway. */
export function streamAudit(stream: NodeJS.WritableStream): Audit {
  return {
    write: (decision) =>
      new Promise((resolve, reject) => {
        stream.write(lineOf(decision), (error) => (error ? reject(error) : resolve()));
      }),
    close: async () => undefined,
  };
}

/**
 * Decisions at the end of a file that only its owner reads.
 *
 * @throws AttestdError USAGE when it cannot be opened
 */
export async function fileAudit(path: string): Promise<Audit> {
  let file: FileHandle;
  try {
    file = await open(path, 'a', 0o600);
  } catch (cause) {
    throw new AttestdError('USAGE', `--audit: cannot write '${path}'`, { cause });
  }
  // One after the other: two lines must not mix.
  let last: Promise<unknown> = Promise.resolve();
  return {
    write: (decision) => {
      const written = last.then(() => file.appendFile(lineOf(decision)));
      last = written.catch(() => undefined);
      return written;
    },
    close: async () => {
      await last;
      await file.close();
    },
  };
}
