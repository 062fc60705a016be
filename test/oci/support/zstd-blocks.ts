/** Sequences of a zstd block that are all alike: codes of their lengths, and how many bits follow each. */
export interface CopySequences {
  readonly count: number;
  readonly literalCode: number;
  readonly literalBits: number;
  readonly matchCode: number;
  readonly matchBits: number;
}

/**
 * The content of a compressed block (RFC 8878, section 3.1.1.3): raw literals, and sequences each of which copies from one
 * byte before. Its tables have one symbol each, so a sequence takes but the bits of its lengths: zeros for the literals,
 * ones for the match.
 */
export function blockOfCopies(literals: Buffer, wanted: CopySequences): Buffer {
  const { count, matchBits, literalBits } = wanted;
  const head = [
    ...[0x0c | ((literals.length & 15) << 4), (literals.length >> 4) & 0xff, literals.length >> 12],
    ...literals,
    ...(count < 0x7f00 ? [128 + (count >> 8), count & 0xff] : [255, (count - 0x7f00) & 0xff, (count - 0x7f00) >> 8]),
    // The code 2 of an offset has two bits; zeros make it one.
    ...[0x54, wanted.literalCode, 2, wanted.matchCode],
  ];
  const each = literalBits + matchBits + 2;
  const stream = Buffer.alloc(Math.ceil((1 + count * each) / 8));
  const set = (place: number): void => {
    stream[place >> 3] = (stream[place >> 3] as number) | (1 << (place & 7));
  };
  for (let sequence = 0; sequence < count; sequence += 1)
    for (let bit = 0; bit < matchBits; bit += 1) set(sequence * each + literalBits + bit);
  // The stream is read from its highest bit that is set.
  set(count * each);
  return Buffer.concat([Buffer.from(head), stream]);
}

/** A frame with a window of 8 MiB of the same compressed block again and again. */
export function frameOf(block: Buffer, times: number): Buffer {
  const pieces: Buffer[] = [Buffer.from('28b52ffd0068', 'hex')];
  for (let left = times; left > 0; left -= 1) {
    const head = Buffer.alloc(3);
    head.writeUIntLE((left === 1 ? 1 : 0) | (2 << 1) | (block.length << 3), 0, 3);
    pieces.push(head, block);
  }
  return Buffer.concat(pieces);
}
