import type { Area, Call } from '../mutant.js';

/** Reads a varint; returns its value and the index behind it. */
function varint(bytes: Buffer, at: number): [bigint, number] {
  let value = 0n;
  for (let shift = 0n, i = at; i < bytes.length; i += 1, shift += 7n) {
    const byte = bytes[i] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, i + 1];
  }
  return [value, bytes.length];
}

/** The fields of a message with their bytes, tag included. */
function fields(message: Buffer): { readonly number: number; readonly bytes: Buffer }[] {
  const found: { number: number; bytes: Buffer }[] = [];
  for (let at = 0; at < message.length; ) {
    const [tag, body] = varint(message, at);
    const [value, next] = varint(message, body);
    const end = (tag & 7n) === 2n ? next + Number(value) : next;
    found.push({ number: Number(tag >> 3n), bytes: message.subarray(at, end) });
    at = end;
  }
  return found;
}

/** Removes a field from a message. */
function without(message: Buffer, number: number): Buffer {
  return Buffer.concat(fields(message).flatMap((field) => (field.number === number ? [] : [field.bytes])));
}

const on = (method: string, change: (call: Call) => Partial<Call>) => ({
  call: (call: Call): Call => (call.method === method && call.status === 0 ? { ...call, ...change(call) } : call),
});

const asked = (method: string, number: number) => ({
  message: (called: string, message: Buffer): Buffer => (called === method ? without(message, number) : message),
});

/** Faults of the content service. */
export const content: Area = {
  name: 'content service',
  only: ['Content'],
  mutants: [
    {
      id: 'read-truncated',
      title: 'Read leaves out its last message',
      ...on('Read', ({ messages }) => ({ messages: messages.slice(0, -1) })),
    },
    {
      id: 'read-corrupt',
      title: 'Read sends a wrong byte',
      ...on('Read', ({ messages }) => ({
        messages: messages.map((message) => {
          const copy = Buffer.from(message);
          copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
          return copy;
        }),
      })),
    },
    { id: 'read-offset-ignored', title: 'Read ignores the offset', ...asked('Read', 2) },
    { id: 'read-size-ignored', title: 'Read ignores the size', ...asked('Read', 3) },
    {
      id: 'content-info-empty',
      title: 'Info answers an empty message',
      ...on('Info', () => ({ messages: [Buffer.alloc(0)] })),
    },
    {
      id: 'not-found-is-unknown',
      title: 'an absent blob has the status UNKNOWN',
      call: (call) => (call.status === 5 ? { ...call, status: 2 } : call),
    },
    { id: 'list-filters-ignored', title: 'List ignores filters', ...asked('List', 1) },
    { id: 'list-empty', title: 'List answers nothing', ...on('List', () => ({ messages: [] })) },
    {
      id: 'write-accepted',
      title: 'writes seem to succeed',
      call: (call) =>
        ['Delete', 'Abort', 'Write'].includes(call.method)
          ? { ...call, status: 0, details: '', messages: [Buffer.alloc(0)] }
          : call,
    },
  ],
};
