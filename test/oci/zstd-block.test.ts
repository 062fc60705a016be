import { expect } from 'chai';
import fc from 'fast-check';
import { decompress } from '../../src/oci/compression.js';
import { BlockLengths } from '../../src/oci/zstd-block.js';
import { collect, pieces } from './support/archives.js';
import { rejected } from './support/rejected.js';
import { blockOfCopies, type CopySequences, frameOf } from './support/zstd-blocks.js';

const largest = 128 << 10;
const lengthOf = (block: Buffer): number | undefined => new BlockLengths(largest).of(block);
const plainOf = async (archive: Buffer): Promise<Buffer> => collect(await decompress(pieces(archive)));

/** Codes with the bits that follow each, and the length that zeros or ones in these stand for. */
const literalCodes = [
  { code: 0, bits: 0, length: 0 },
  { code: 7, bits: 0, length: 7 },
  { code: 16, bits: 1, length: 16 },
  { code: 24, bits: 4, length: 48 },
  { code: 25, bits: 6, length: 64 },
];
const matchCodes = [
  { code: 0, bits: 0, length: 3 },
  { code: 31, bits: 0, length: 34 },
  { code: 36, bits: 2, length: 43 + 3 },
  { code: 43, bits: 7, length: 131 + 127 },
  { code: 51, bits: 15, length: 32_771 + 32_767 },
];

const sequencesOf = (
  count: number,
  literal: (typeof literalCodes)[number],
  match: (typeof matchCodes)[number],
): CopySequences => ({
  count,
  literalCode: literal.code,
  literalBits: literal.bits,
  matchCode: match.code,
  matchBits: match.bits,
});

describe('a compressed block of zstd', () => {
  it('is as long as what comes out of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...literalCodes),
        fc.constantFrom(...matchCodes),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 60 }),
        async (literal, match, wanted, spare) => {
          const count = Math.max(1, Math.min(wanted, Math.floor((largest - spare) / (literal.length + match.length))));
          const literals = Buffer.alloc(count * literal.length + spare, 'abc');
          const block = blockOfCopies(literals, sequencesOf(count, literal, match));
          const length = lengthOf(block);
          expect(length).to.equal(literals.length + count * match.length);
          expect(await plainOf(frameOf(block, 2))).to.have.lengthOf(2 * (length ?? 0));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is refused where its copies come to more than a block may hold, however many there are', async () => {
    const match = { code: 52, bits: 16, length: 131_074 };
    for (const count of [1, 2, 57_000]) {
      const block = blockOfCopies(Buffer.from('abcd'), sequencesOf(count, { code: 0, bits: 0, length: 0 }, match));
      expect(block.length).to.be.lessThan(largest);
      expect(lengthOf(block)).to.equal(undefined);
      expect(await rejected(plainOf(frameOf(block, 1)))).to.have.property('code', 'INVALID_ARCHIVE');
    }
  });

  it('is refused where its parts reach behind its end', async () => {
    // What the fuzzer found: ten literals in a block of ten bytes, so that sequences were read out of what follows.
    const found = Buffer.from('28b52ffd0458550000502a4d187901000d3f0275d3b3a4', 'hex');
    expect(await rejected(plainOf(found))).to.have.property('code', 'INVALID_ARCHIVE');
    const whole = blockOfCopies(Buffer.from('abcd'), {
      ...sequencesOf(9, { code: 0, bits: 0, length: 0 }, { code: 36, bits: 2, length: 46 }),
    });
    expect(lengthOf(whole)).to.equal(4 + 9 * 46);
    for (let size = 0; size < whole.length; size += 1) expect(lengthOf(whole.subarray(0, size))).to.equal(undefined);
  });

  it('is refused where it takes more literals than there are', () => {
    const seven = { code: 7, bits: 0, length: 7 };
    const match = { code: 0, bits: 0, length: 3 };
    expect(lengthOf(blockOfCopies(Buffer.alloc(14), sequencesOf(2, seven, match)))).to.equal(20);
    expect(lengthOf(blockOfCopies(Buffer.alloc(13), sequencesOf(2, seven, match)))).to.equal(undefined);
  });

  it('that brings tables of its own is as long as what the decoder makes of it', async () => {
    // `zstd` made it: 70 sequences, codes of all three kinds with tables of their own.
    const made = Buffer.from(
      'KLUv/QBYpQUAUgUMDcAlHf1ma5JI2QAAgF9bW8/MtCJbb912a+nWJblYfB0HyGi3nhERgyLYhAEG79YBRqhRD2lqbR0gQoZYngcR1DBoqrYyB/WM4Wa2X0iHiohe' +
        'QCBfXs+9293+M3oWmkWy1ALunPaarwcuwD9RSe/cDVS5A4J1Wi6MZ24LSut3/UuRLMLlmFLPtxOp9rGLaLZYGsgxDVCPa7JZpp/6d1N48zTkIZKvZ8yxxnQk+Bdf4cfV',
      'base64',
    );
    const [head, end] = [6 + 3, made.length];
    expect(lengthOf(made.subarray(head, end))).to.equal((await plainOf(made)).length);
    for (let size = head; size < end; size += 1) expect(lengthOf(made.subarray(head, size))).to.equal(undefined);
  });

  it('may use the tables of the one before it, where there is one', () => {
    const lengths = new BlockLengths(largest);
    const block = blockOfCopies(
      Buffer.from('abcd'),
      sequencesOf(3, { code: 0, bits: 0, length: 0 }, { code: 0, bits: 0, length: 3 }),
    );
    // Modes of "again" in the place of tables of one symbol (RFC 8878, section 3.1.1.3.2.1).
    const at = block.indexOf(Buffer.from([0x54, 0, 2, 0]));
    const again = Buffer.concat([block.subarray(0, at), Buffer.from([0xfc]), block.subarray(at + 4)]);
    expect(lengths.of(again)).to.equal(undefined);
    expect(lengths.of(block)).to.equal(13);
    expect(lengths.of(again)).to.equal(13);
  });

  it('of no more than its literals is as long as they are', () => {
    expect(lengthOf(Buffer.from([0x18, 1, 2, 3, 0]))).to.equal(3);
    expect(lengthOf(Buffer.from([0x0d | 0xf0, 0xff, 0x1f, 9, 0]))).to.equal(largest - 1);
    expect(lengthOf(Buffer.from([0x0d | 0xf0, 0xff, 0x2f, 9, 0]))).to.equal(undefined);
  });
});
