import type { StreamMessage } from '../engine/types.js';
import { jsonRecord } from '../support/go/json.js';

/** Messages as they are streamed: each on a line of its own. */
export async function* lines(messages: AsyncIterable<StreamMessage>): AsyncGenerator<string> {
  for await (const message of messages) yield `${jsonRecord(message)}\r\n`;
}
