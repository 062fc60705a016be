import { AttestdError } from '../../support/foundation/errors.js';

/** The value of one field of a protobuf message. */
export type Field = bigint | Buffer;

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/**
 * Encode a protobuf message.
 *
 * @param fields number and value of each field in order; text and bytes are length-delimited, numbers varints
 */
export function encode(fields: readonly (readonly [number, string | Buffer | number | bigint])[]): Buffer {
  const chunks: Buffer[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number' || typeof value === 'bigint')
      chunks.push(varint(BigInt(number << 3)), varint(BigInt(value)));
    else {
      const bytes = Buffer.from(value as Buffer);
      chunks.push(varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes);
    }
  }
  return Buffer.concat(chunks);
}

/**
 * Decode a protobuf message into its fields by number, repeated ones in order.
 *
 * @throws AttestdError INVALID_ARGUMENT when the bytes are not a message
 */
export function decode(message: Buffer): Map<number, Field[]> {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const bad = (what: string): AttestdError =>
    new AttestdError('INVALID_ARGUMENT', `no protobuf message: ${what} at byte ${at}`);
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at];
      if (byte === undefined) throw bad('it ends early');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw bad('a number that is too long');
  };
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw bad('it ends early');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = readVarint();
    const kind = Number(key & 7n);
    const value =
      kind === 0
        ? readVarint()
        : kind === 2
          ? take(Number(readVarint()))
          : kind === 1
            ? take(8)
            : kind === 5
              ? take(4)
              : undefined;
    if (value === undefined) throw bad(`wire type ${kind}`);
    const number = Number(key >> 3n);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

/** A text field, empty when absent. */
export function text(fields: Map<number, Field[]>, number: number): string {
  const value = fields.get(number)?.at(-1);
  return Buffer.isBuffer(value) ? value.toString('utf8') : '';
}

/** A bytes field, empty when absent. */
export function bytes(fields: Map<number, Field[]>, number: number): Buffer {
  const value = fields.get(number)?.at(-1);
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

/** A signed number field, zero when absent. */
export function integer(fields: Map<number, Field[]>, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}
