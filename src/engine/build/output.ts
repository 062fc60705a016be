import { AttestdError } from '../../errors.js';
import type { Emit } from '../registry/message-stream.js';
import type { StreamMessage } from '../types.js';

/** What a build says. */
export class Output {
  constructor(readonly emit: Emit) {}

  print(text: string): void {
    this.emit({ stream: text });
  }

  /** In red, as terminals show it. */
  printError(text: string): void {
    this.emit({ stream: `\u001b[91m${text}\u001b[0m` });
  }

  /** The image that a stage came to. */
  result(imageId: string): void {
    if (imageId !== '') this.emit({ aux: { ID: imageId } });
  }
}

/** A command of a build that ended with another code than 0. */
export class CommandFailed extends AttestdError {
  constructor(
    command: readonly string[],
    readonly status: number,
    why: string,
  ) {
    const what = `The command '${command.join(' ')}' returned a non-zero code: ${status}`;
    super('INTERNAL', why === '' ? what : `${what}: ${why}`);
  }
}

/** How a build ends that fails after it has said something. */
export function failureMessage(error: unknown): StreamMessage {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof CommandFailed ? { code: error.status } : {};
  return { error: message, errorDetail: { ...code, message } };
}
