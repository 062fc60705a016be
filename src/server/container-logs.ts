import { frame } from '../engine/containers/frame.js';
import type { LogEntry } from '../engine/containers/log.js';
import type { LogAttribute } from '../engine/containers/logs.js';
import { jsonRecord } from '../go/json.js';
import { formatFixedNanoseconds, formatNanoseconds } from '../go/rfc3339.js';
import { escapeQuery } from '../go/url.js';
import { jsonSequence } from './events.js';

/** How the entries of a log are written. */
export interface LogForm {
  readonly multiplexed: boolean;
  readonly timestamps: boolean;
  /** What the details of each entry are; undefined where none are wanted. */
  readonly attributes: readonly LogAttribute[] | undefined;
}

/** Write a log as bytes: what the process wrote, what was asked for before each entry, frames where streams are told apart. */
export async function* renderLog(entries: AsyncIterable<LogEntry>, form: LogForm): AsyncGenerator<Uint8Array> {
  const { multiplexed, timestamps, attributes } = form;
  const details = attributes?.map(({ Key, Value }) => `${escapeQuery(Key)}=${escapeQuery(Value)}`).join(',');
  for await (const { stream, time, bytes } of entries) {
    const start = `${timestamps ? `${formatFixedNanoseconds(time)} ` : ''}${details === undefined ? '' : `${details} `}`;
    const line = start === '' ? bytes : Buffer.concat([Buffer.from(start), bytes]);
    yield multiplexed ? frame(stream, line) : line;
  }
}

/** Write a log as JSON, a record an entry (docs/behaviour.md#container-logs). */
export async function* renderJsonLog(
  entries: AsyncIterable<LogEntry>,
  contentType: string,
  attributes: readonly LogAttribute[] | undefined,
): AsyncGenerator<string> {
  const start = contentType === jsonSequence ? '\u001e' : '';
  for await (const { stream, time, bytes } of entries) {
    const record = {
      Line: bytes.length === 0 ? undefined : bytes.toString(),
      Source: stream,
      Timestamp: formatNanoseconds(time),
      Attrs: attributes?.length ? attributes.map((attribute) => ({ ...attribute })) : undefined,
    };
    yield `${start}${jsonRecord(record)}\n`;
  }
}
