import { AttestdError } from '../../errors.js';
import type { StreamMessage } from '../types.js';

/** Tells whoever reads a stream that something happened. */
export type Emit = (message: StreamMessage) => void;

/**
 * The messages of an act, as they come. An error before the first message is thrown, a later one is the last message, as
 * dockerd has it. Whoever stops reading aborts the act.
 *
 * @param act is over when its promise settles
 * @param outer aborts the act as well
 */
export async function* messagesOf(
  act: (emit: Emit, signal: AbortSignal) => Promise<void>,
  outer?: AbortSignal,
): AsyncGenerator<StreamMessage> {
  const aborter = new AbortController();
  const signal = outer === undefined ? aborter.signal : AbortSignal.any([aborter.signal, outer]);
  const queue: StreamMessage[] = [];
  let wake: () => void = () => undefined;
  let over = false;
  let failure: unknown;
  const emit: Emit = (message) => {
    queue.push(message);
    wake();
  };
  const acting = act(emit, signal)
    .catch((error: unknown) => {
      failure = error ?? new AttestdError('INTERNAL', 'unknown error');
    })
    .finally(() => {
      over = true;
      wake();
    });
  let said = false;
  try {
    while (!over || queue.length > 0) {
      const message = queue.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (over || queue.length > 0) resolve();
        });
        continue;
      }
      said = true;
      yield message;
    }
    if (failure === undefined) return;
    if (!said || !(failure instanceof Error)) throw failure;
    yield { error: failure.message, errorDetail: { message: failure.message } };
  } finally {
    aborter.abort();
    await acting;
  }
}
