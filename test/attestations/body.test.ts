import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidStatement, renderStatements } from '../../src/attestations/body.js';
import type { StatementLayer } from '../../src/attestations/chain.js';
import { verbatimStatements } from '../../src/attestations/properties.js';
import { digestOf } from '../../src/oci/digest.js';
import { openOverlay } from '../../src/oci/layout.js';
import type { ImageStore } from '../../src/oci/store.js';

const config = { mediaType: '', digest: '', size: 0 };

describe('The body of attestations', () => {
  let store: ImageStore;
  beforeEach(async () => {
    store = await openOverlay([]);
  });
  afterEach(() => store.close());

  async function layer(statement: string | Buffer, predicateType = 'p'): Promise<StatementLayer> {
    const { digest, size } = await store.content.ingest(Buffer.from(statement));
    const annotations = { 'in-toto.io/predicate-type': predicateType };
    return { descriptor: { mediaType: 'application/vnd.in-toto+json', digest, size, annotations }, predicateType };
  }

  async function render(layers: readonly StatementLayer[]): Promise<string> {
    const { content, length } = await renderStatements(layers, store.content);
    const bytes = content instanceof Readable ? await buffer(content) : content;
    expect(bytes.length).to.equal(length);
    return bytes.toString('latin1');
  }

  it('of a long statement is measured once for all who ask for it', async () => {
    const long = await layer(JSON.stringify({ text: 'x'.repeat(2 << 20) }));
    const { content } = store;
    const original = content.stream.bind(content);
    let opened = 0;
    content.stream = (...args) => {
      opened++;
      return original(...args);
    };
    const bodies = await Promise.all(Array.from({ length: 20 }, () => renderStatements([long], content)));
    expect(opened).to.equal(1);
    const sizes = await Promise.all(
      bodies.slice(0, 3).map(async (body) => (await buffer(body.content as Readable)).length),
    );
    expect(sizes).to.deep.equal(bodies.slice(0, 3).map(({ length }) => length));
  });

  async function statement(text: string | Buffer): Promise<string> {
    const body = await render([await layer(text)]);
    return body.slice(body.indexOf(',"Statement":') + 13, -3);
  }

  it('keeps numbers, repeated keys, their order and escapes as they came', async () => {
    const text = '{"b":1.0,"a":1e3,"a":12345678901234567890,"s":"\\u0041\\/\\ud800"}';
    expect(await statement(text)).to.equal(text);
  });

  it('drops white space between tokens only', async () => {
    expect(await statement(' {\n\t"a b" : [ 1 , " \\t " ]\r\n} \n')).to.equal('{"a b":[1," \\t "]}');
  });

  it('keeps bytes that are no UTF-8', async () => {
    const bytes = Buffer.from([0x22, 0xff, 0xc3, 0x28, 0x22]);
    expect(await statement(bytes)).to.equal(bytes.toString('latin1'));
  });

  it('escapes U+2028 in the predicate type but not in the statement', async () => {
    const body = await render([await layer('"\u2028"', 'a\u2028b')]);
    expect(body).to.include('"PredicateType":"a\\u2028b"');
    expect(Buffer.from(body, 'latin1').toString()).to.include('"Statement":"\u2028"');
  });

  it('writes an empty blob as null', async () => {
    expect(await statement('')).to.equal('null');
  });

  it('is the same whether it is kept in memory or streamed', async () => {
    const big = JSON.stringify({ big: 'x'.repeat(1 << 20) });
    const layers = [await layer(' {"a" : 1} '), await layer(big), await layer(''), await layer('[ 1, 2 ]')];
    const streamed = await render(layers);
    const parts = await Promise.all(layers.map(async (one) => (await render([one])).slice(1, -2)));
    expect(streamed === `[${parts.join(',')}]\n`).to.equal(true);
    const { content } = await renderStatements(layers, store.content);
    expect(content).to.be.instanceOf(Readable);
    (content as Readable).destroy();
  });

  it('takes embedded content where it is right, and the blob where it is not', async () => {
    const right = Buffer.from('{"inline":true}');
    const base = { mediaType: 'application/vnd.in-toto+json', digest: digestOf(right), size: right.length };
    const inline = { descriptor: { ...base, data: right.toString('base64') }, predicateType: 'p' };
    expect(await render([inline])).to.include('"Statement":{"inline":true}');
    const wrong = await layer('{"blob":true}');
    const ignored = { ...wrong, descriptor: { ...wrong.descriptor, data: 'AAAA' } };
    expect(await render([ignored]))
      .to.include('"data":"AAAA"')
      .and.to.include('"Statement":{"blob":true}');
  });

  it('names the first statement that is no JSON, small or big, once all are found', async () => {
    const big = `{"a":"${'x'.repeat(1 << 20)}"} {`;
    for (const bad of ['hello', big]) {
      const layers = [await layer('{}'), await layer(bad)];
      const error = await render(layers).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(InvalidStatement);
      expect((error as InvalidStatement).digest).to.equal(layers[1]?.descriptor.digest);
      const absent = { descriptor: { ...config, digest: `sha256:${'0'.repeat(64)}` }, predicateType: 'p' };
      const missing = await render([...layers, absent]).catch((caught: unknown) => caught);
      expect(missing).to.have.property('code', 'NOT_FOUND');
    }
  });

  it('is what JSON.parse reads, whatever the statements are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.json({ noUnicodeString: false }), { maxLength: 4 }), async (texts) => {
        const layers = await Promise.all(texts.map((text) => layer(text)));
        const body = Buffer.from(await render(layers), 'latin1').toString();
        const entries: readonly { Statement: unknown }[] = JSON.parse(body);
        expect(entries.map((entry) => entry.Statement)).to.deep.equal(texts.map((text) => JSON.parse(text)));
      }),
      { numRuns: 50 },
    );
  });

  it('of a manifest summary holds only statements that are whole JSON objects', async () => {
    const good = await layer(' { "n" : 1.0 } ');
    const layers = [good, await layer('[1]'), await layer('{"cut"'), await layer('null')];
    const unannotated = { ...good.descriptor, annotations: {} };
    const absent = { ...good.descriptor, digest: `sha256:${'0'.repeat(64)}` };
    const skipped: string[] = [];
    const manifest = {
      schemaVersion: 2,
      config,
      layers: [...layers.map((one) => one.descriptor), unannotated, absent],
    };
    const found = await verbatimStatements(manifest, store.content, (message) => skipped.push(message));
    expect(found.map(String)).to.deep.equal(['{"n":1.0}']);
    expect(skipped).to.have.length(4);
  });
});
