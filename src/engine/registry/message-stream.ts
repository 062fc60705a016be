import { AttestdError } from '../../support/foundation/errors.js';
import type { StreamMessage } from '../types.js';

/**
 * Tells whoever reads a stream that something happened.
 *
 * @returns when there is room for more, where that is not at once
 */
export type Emit = (message: StreamMessage) => Promise<void> | undefined;

/** Messages that wait to be read, and characters of output among them, before there is no more room. */
const maxQueuedMessages = 1000;
const maxBufferedBytes = 1 << 20;

/**
 * The messages of an act, as they come. An error before the first message is thrown, a later one is the last message, as
 * dockerd has it. Whoever stops reading aborts the act; whoever reads slowly hears less of how far something has come.
 *
 * @param action is over when its promise settles
 * @param outer aborts the act as well
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
  const isFull = (): boolean => !abort && (queue.length >= maxQueuedMessages || output >= maxBufferedBytes);
  /** Called once there is room. */
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

/** Whether a message only says how far something has come: the next one says it again. */
function isProgress({ progressDetail }: StreamMessage): boolean {
  return typeof progressDetail === 'object' && progressDetail !== null && 'current' in progressDetail;
}

const outputOf = ({ stream }: StreamMessage): number => (typeof stream === 'string' ? stream.length : 0);
