import type { Random } from '../helpers/random.js';

/** Longest input that is made. */
const longest = 16 * 1024;

const bytesOfInterest = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x22, 0x5c, 0x30, 0x39, 0x2f, 0x2e, 0x3a] as const;

type Change = (bytes: Buffer, random: Random, other: Buffer, words: readonly Buffer[]) => Buffer;

function replaced(bytes: Buffer, at: number, gone: number, put: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]);
}

function part(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return bytes;
  const at = random.below(bytes.length);
  return bytes.subarray(at, at + 1 + random.below(Math.min(64, bytes.length - at)));
}

const changes: readonly Change[] = [
  function flip(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) {
      const at = random.below(copy.length);
      copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.below(8)), at);
    }
    return copy;
  },
  function set(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0)
      copy.writeUInt8(random.once(2) ? random.pick(bytesOfInterest) : random.below(256), random.below(copy.length));
    return copy;
  },
  function step(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) {
      const at = random.below(copy.length);
      copy.writeUInt8((copy.readUInt8(at) + (random.once(2) ? 1 : 255)) & 0xff, at);
    }
    return copy;
  },
  function remove(bytes, random) {
    return bytes.length === 0
      ? bytes
      : replaced(bytes, random.below(bytes.length), 1 + random.below(16), Buffer.alloc(0));
  },
  function cut(bytes, random) {
    return bytes.subarray(0, random.below(bytes.length + 1));
  },
  function insertByte(bytes, random) {
    return replaced(bytes, random.below(bytes.length + 1), 0, Buffer.from([random.pick(bytesOfInterest)]));
  },
  function insertWord(bytes, random, _other, words) {
    return words.length === 0 ? bytes : replaced(bytes, random.below(bytes.length + 1), 0, random.pick(words));
  },
  function overwriteWord(bytes, random, _other, words) {
    if (words.length === 0) return bytes;
    const word = random.pick(words);
    return replaced(bytes, random.below(bytes.length + 1), word.length, word);
  },
  function repeat(bytes, random) {
    const piece = part(bytes, random);
    const times = random.once(8) ? 1 + random.below(200) : 1 + random.below(4);
    return replaced(
      bytes,
      random.below(bytes.length + 1),
      0,
      Buffer.concat(Array.from({ length: times }, () => piece)),
    );
  },
  function splice(bytes, random, other) {
    return replaced(bytes, random.below(bytes.length + 1), 0, part(other, random));
  },
  function cross(bytes, random, other) {
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
  function digits(bytes, random) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { index, 0: number } = random.pick(numbers);
    const other = random.pick([
      '0',
      '1',
      '-1',
      '65535',
      '4294967295',
      '9007199254740993',
      '18446744073709551616',
      '1e400',
      '07',
    ]);
    return replaced(bytes, index, number.length, Buffer.from(other));
  },
];

/**
 * A new input made of others.
 *
 * @param bytes what is changed; stays as it is
 * @param other where pieces may come from
 * @param words what inputs of this kind are made of
 */
export function mutate(bytes: Buffer, random: Random, other: Buffer, words: readonly Buffer[]): Buffer {
  let next = bytes;
  for (let i = 1 + random.below(random.once(4) ? 8 : 3); i > 0; i--)
    next = random.pick(changes)(next, random, other, words);
  return Buffer.from(next.subarray(0, longest));
}
