import { expect } from 'chai';
import fc from 'fast-check';
import { jsonList, jsonPieces, wholeList } from '../../src/server/json-list.js';
import { type JsonValue, renderJson, VerbatimJson } from '../../src/support/go/json/render.js';

async function* each(values: readonly JsonValue[]): AsyncGenerator<JsonValue> {
  yield* values;
}

describe('A JSON list in pieces', () => {
  it('has the bytes that it has as a whole', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const pieces: Buffer[] = [];
        for await (const piece of jsonList(each(values as JsonValue[]))) pieces.push(piece);
        expect(Buffer.concat(pieces).toString()).to.equal(renderJson(values as JsonValue[]).toString());
      }),
    ));

  it('comes in pieces of bounded size', async () => {
    const values = Array.from({ length: 3000 }, () => 'x'.repeat(100));
    const sizes: number[] = [];
    for await (const { length } of jsonList(each(values))) sizes.push(length);
    expect(sizes.length).to.be.greaterThan(3);
    expect(Math.max(...sizes)).to.be.below(70_000);
  });

  it('is put together as a whole only where it is short', async () => {
    const list = (length: number) => ({ length, items: () => each([1, 2]) });
    expect(await wholeList(list(2))).to.deep.equal([1, 2]);
    expect(await wholeList(list(100_000))).to.equal(undefined);
  });
});

describe('A long JSON answer in pieces', () => {
  it('has the bytes that it has as a whole, also of parts that are made when they are written', async () => {
    const parts = Array.from({ length: 1000 }, (_, at) => new VerbatimJson(() => Buffer.from(`${at}`)));
    const value = { first: 'é', parts, again: parts, none: [], last: { a: 1n } };
    const pieces: Buffer[] = [];
    for await (const piece of jsonPieces(value)) pieces.push(piece);
    expect(pieces.length).to.be.greaterThan(3);
    expect(Buffer.concat(pieces).toString()).to.equal(renderJson(value).toString());
    expect(JSON.parse(Buffer.concat(pieces).toString()).again).to.deep.equal(Array.from(parts.keys()));
  });
});
