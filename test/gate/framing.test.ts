import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Framing, framingOf } from '../../src/gate/framing.js';

const of = (headers: object): Framing | undefined => framingOf({ headers } as IncomingMessage);

/** How many bytes of a text are taken, when it comes in pieces that end at these places. */
function taken(framing: Framing, text: string, cuts: readonly number[]): number {
  const bytes = Buffer.from(text, 'latin1');
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  let at = 0;
  let sum = 0;
  for (const end of ends) {
    sum += framing.take(bytes.subarray(at, end));
    at = end;
  }
  return sum;
}

const chunkOf = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;
const chunked = (pieces: readonly string[]): string =>
  `${pieces
    .filter((one) => one !== '')
    .map(chunkOf)
    .join('')}0\r\n\r\n`;
const text = fc.string({ unit: 'binary-ascii', maxLength: 40 });

describe('the framing of a body through the gate', () => {
  it('ends where the announced length does, however the bytes come', () => {
    fc.assert(
      fc.property(text, text, fc.array(fc.nat(80)), (body, behind, cuts) => {
        const framing = of({ 'content-length': String(body.length) }) as Framing;
        expect([taken(framing, body + behind, cuts), framing.ended]).to.deep.equal([body.length, true]);
      }),
    );
  });

  it('ends with the last chunk, however the bytes come', () => {
    fc.assert(
      fc.property(fc.array(text), text, fc.array(fc.nat(200)), (pieces, behind, cuts) => {
        const framing = of({ 'transfer-encoding': 'chunked' }) as Framing;
        const body = chunked(pieces);
        expect([taken(framing, body + behind, cuts), framing.ended]).to.deep.equal([body.length, true]);
      }),
    );
  });

  it('has not ended before the last byte', () => {
    const body = chunked(['some', 'bytes']);
    const framing = of({ 'transfer-encoding': 'Chunked' }) as Framing;
    expect([taken(framing, body.slice(0, -1), []), framing.ended]).to.deep.equal([body.length - 1, false]);
  });

  for (const [what, body] of [
    ['an extension', '5;x=y\r\nhello\r\n0\r\n\r\n'],
    ['a trailer', '5\r\nhello\r\n0\r\nX: y\r\n\r\n'],
    ['a line feed alone', '5\nhello\r\n0\r\n\r\n'],
    ['a length with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a length as programs write it', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a length that no number holds', '10000000000005\r\nhello\r\n'],
    ['no length', '\r\nhello\r\n0\r\n\r\n'],
    ['a space behind the length', '5 \r\nhello\r\n0\r\n\r\n'],
    ['more data than announced', '5\r\nhello!\r\n0\r\n\r\n'],
    ['an empty line in between', '5\r\nhello\r\n\r\n0\r\n\r\n'],
  ] as const)
    it(`is none with ${what}`, () => {
      const framing = of({ 'transfer-encoding': 'chunked' }) as Framing;
      expect(() => framing.take(Buffer.from(body, 'latin1'))).to.throw(RangeError);
    });

  for (const headers of [
    {},
    { 'transfer-encoding': 'gzip, chunked' },
    { 'transfer-encoding': 'chunked', 'content-length': '5' },
    { 'content-length': '+5' },
    { 'content-length': '1'.repeat(16) },
  ])
    it(`is left to Node for ${JSON.stringify(headers)}`, () => {
      expect(of(headers)).to.equal(undefined);
    });
});
