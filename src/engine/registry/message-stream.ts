import { AttestdError } from '../../support/foundation/errors.js';
import { maxQueuedMessages, maxQueuedOutputLength } from '../limits.js';
import type { StreamMessage } from '../types.js';

/**
 * Sends a message to the reader of a stream.
 *
 * @returns a promise if the sender must wait for the reader
 */
export type Emit = (message: StreamMessage) => Promise<void> | undefined;

/**
 * Runs an action and yields its messages. An error before the first message is thrown; a later one becomes the last
 * message, as in dockerd. If the reader stops, the action is aborted; a slow reader receives fewer progress messages.
 *
 * @param action ends the stream when its promise settles
 * @param outer aborts the action as well
 */
export async function* messagesOf(
  action: (emit: Emit, signal: AbortSignal) => Promise<void>,
  outer?: AbortSignal,
): AsyncGenerator<StreamMessage> {
  const aborter = new AbortController();
  const signal = outer === undefined ? aborter.signal : AbortSignal.any([aborter.signal, outer]);
  const queue: StreamMessage[] = [];
  /** Characters of output in the queue. */
  let output = 0;
  let wake: () => void = () => undefined;
  let hasFinished = false;
  let abort = false;
  let failure: unknown;
  const isFull = (): boolean => !abort && (queue.length >= maxQueuedMessages || output >= maxQueuedOutputLength);
  /** Resolvers of senders that wait for the reader. */
  const waiting: (() => void)[] = [];
  const makeRoom = (): void => {
    if (!isFull()) for (const resolve of waiting.splice(0)) resolve();
  };
  const emit: Emit = (message) => {
    if (abort || (isFull() && isProgress(message))) return undefined;
    queue.push(message);
    output += outputOf(message);
    wake();
    return isFull() ? new Promise((resolve) => waiting.push(resolve)) : undefined;
  };
  const acting = action(emit, signal)
    .catch((error: unknown) => {
      failure = error ?? new AttestdError('INTERNAL', 'unknown error');
    })
    .finally(() => {
      hasFinished = true;
      wake();
    });
  let said = false;
  try {
    while (!hasFinished || queue.length > 0) {
      const message = queue.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (hasFinished || queue.length > 0) resolve();
        });
        continue;
      }
      output -= outputOf(message);
      makeRoom();
      said = true;
      yield message;
    }
    if (failure === undefined) return;
    if (!said || !(failure instanceof Error)) throw failure;
    yield { error: failure.message, errorDetail: { message: failure.message } };
  } finally {
    aborter.abort();
    abort = true;
    makeRoom();
    await acting;
  }
}

/** Whether a message is only progress, which the next one supersedes. */
function isProgress({ progressDetail }: StreamMessage): boolean {
  return typeof progressDetail === 'object' && progressDetail !== null && 'current' in progressDetail;
}

const outputOf = ({ stream }: StreamMessage): number => (typeof stream === 'string' ? stream.length : 0);
