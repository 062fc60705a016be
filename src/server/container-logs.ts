import { frame } from '../engine/containers/io/frame.js';
import type { LogEntry } from '../engine/containers/logs/log.js';
import type { LogAttribute } from '../engine/containers/logs/logs.js';
import { jsonRecord } from '../support/go/json.js';
import { formatFixedNanoseconds, formatNanoseconds } from '../support/go/rfc3339.js';
import { escapeQuery } from '../support/go/url.js';
import { jsonSequence } from './events.js';

/** How the entries of a log are written. */
export interface LogForm {
  readonly multiplexed: boolean;
  readonly timestamps: boolean;
  /** What the details of each entry are; undefined where none are wanted. */
  readonly attributes: readonly LogAttribute[] | undefined;
}

/** Write a log as bytes: what the process wrote, what was asked for before each entry, frames where streams are told apart. */
export async function* renderLog(batches: Batches, form: LogForm): AsyncGenerator<Uint8Array> {
  const { multiplexed, timestamps, attributes } = form;
  const details = attributes?.map(({ Key, Value }) => `${escapeQuery(Key)}=${escapeQuery(Value)}`).join(',');
  const render = ({ stream, time, bytes }: LogEntry): Buffer => {
    const start = `${timestamps ? `${formatFixedNanoseconds(time)} ` : ''}${details === undefined ? '' : `${details} `}`;
    const line = start === '' ? bytes : Buffer.concat([Buffer.from(start), bytes]);
    return multiplexed ? frame(stream, line) : line;
  };
  for await (const batch of batches) yield* joined(batch.map(render));
}

/** Log entries, as many at a time as there are. */
type Batches = AsyncIterable<readonly LogEntry[]>;

/** Bytes that are sent at once: a hundred lines cost one write instead of a hundred, and a whole log is none. */
const piece = 64 * 1024;

function* joined(parts: readonly Buffer[]): Generator<Buffer> {
  let from = 0;
  let size = 0;
  for (const [at, { length }] of parts.entries()) {
    size += length;
    if (size < piece) continue;
    yield Buffer.concat(parts.slice(from, at + 1));
    from = at + 1;
    size = 0;
  }
  if (from < parts.length) yield Buffer.concat(parts.slice(from));
}

/** Write a log as JSON, a record an entry (docs/reference/behavior/streams.md#container-logs). */
export async function* renderJsonLog(
  batches: Batches,
  contentType: string,
  attributes: readonly LogAttribute[] | undefined,
): AsyncGenerator<string> {
  const start = contentType === jsonSequence ? '\u001e' : '';
  for await (const batch of batches)
    for (const { stream, time, bytes } of batch) {
      const record = {
        Line: bytes.length === 0 ? undefined : bytes.toString(),
        Source: stream,
        Timestamp: formatNanoseconds(time),
        Attrs: attributes?.length ? attributes.map((attribute) => ({ ...attribute })) : undefined,
      };
      yield `${start}${jsonRecord(record)}\n`;
    }
}
