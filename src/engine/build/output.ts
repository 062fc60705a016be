import { AttestdError } from '../../support/foundation/errors.js';
import type { Emit } from '../registry/message-stream.js';
import type { StreamMessage } from '../types.js';

/** What a build says. */
export class Output {
  constructor(readonly emit: Emit) {}

  /** @returns when there is room for more, where that is not at once */
  print(text: string): Promise<void> | undefined {
    return this.emit({ stream: text });
  }

  /** In red, as terminals show it. @returns as `print` */
  printError(text: string): Promise<void> | undefined {
    return this.emit({ stream: `\u001b[91m${text}\u001b[0m` });
  }

  /** The image that a stage came to. */
  result(imageId: string): void {
    if (imageId !== '') this.emit({ aux: { ID: imageId } });
  }
}

/** Characters of what a quiet build says that are kept for the case that it fails. */
const mostHeld = 1 << 20;

/** The last that a quiet build has said. */
export class HeldOutput {
  readonly #messages: { readonly message: StreamMessage; readonly length: number }[] = [];
  #length = 0;

  /** Keep a message; the first ones make room for it. */
  readonly emit = (message: StreamMessage): undefined => {
    const length = typeof message.stream === 'string' ? message.stream.length : 0;
    this.#messages.push({ message, length: length + 64 });
    this.#length += length + 64;
    while (this.#length > mostHeld && this.#messages.length > 1) this.#length -= this.#messages.shift()?.length ?? 0;
  };

  get messages(): readonly StreamMessage[] {
    return this.#messages.map(({ message }) => message);
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
