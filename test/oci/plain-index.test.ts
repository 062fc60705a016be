import { expect } from 'chai';
import fc from 'fast-check';
import { documentType } from '../../src/oci/index-file.js';
import { descriptorType } from '../../src/oci/manifest.js';
import { plainIndex, plainTexts } from '../../src/oci/plain-index.js';
import { decodeJson, goString, map } from '../../src/support/go/json.js';

const digest = `sha256:${'a'.repeat(64)}`;

const read = (text: string): unknown => plainIndex(Buffer.from(text), (one) => one);

/** What Go's rules make of an index. */
function byGo(text: string): unknown {
  const { manifests = [], annotations } = decodeJson(Buffer.from(text), documentType);
  const entries = manifests.map((entry) => decodeJson(entry as Buffer, descriptorType));
  return { entries, ...(annotations && { annotations }) };
}

const index = (entry: string, more = ''): string => `{"schemaVersion":2,"manifests":[${entry}]${more}}`;
const entry = (more = '', size = '5'): string => `{"mediaType":"m","digest":"${digest}","size":${size}${more}}`;

describe('an index.json of the usual form', () => {
  it('is read as Go reads it', () => {
    const texts = [
      index(''),
      index(entry()),
      index(`${entry()}, ${entry(',"annotations":{"a":"b"}')}`, ',"annotations":{"c":"d"}'),
      index(entry(',"annotations":{"a":"\\"size\\":1, \\n \\\\ \\/ é"}')),
      index(entry(',"annotations":{"annotations\\"":"","a":"1","a":"2"}')),
      index(`{"size":7,"annotations":{},"digest":"${digest}","mediaType":"m"}`, ',"mediaType":"x"'),
    ];
    for (const text of texts) expect(read(text), text).to.deep.equal(byGo(text));
  });

  it('is not taken for one where the two languages read it differently', () => {
    const texts = [
      index(entry('', '1e1')),
      index(entry('', '5.0')),
      index(entry('', '-1')),
      index(entry('', '9007199254740993')),
      index(entry(',"annotations":{"a":"\\ud800"}')),
      index(entry(',"annotations":{"__proto__":"x"}')),
      index(entry(',"annotations":{"a":"1"},"annotations":{"b":"2"}')),
      index(entry(',"annotations":{"a":null}')),
      index(entry(',"annotations":null')),
      index(entry(',"Size":6')),
      index(entry(',"platform":{"os":"linux"}')),
      index(entry(',"size":6')),
      index('null'),
      index(entry(), ',"annotations":{"a":"1"},"annotations":{"b":"2"}'),
      index(entry(), ',"Manifests":[]'),
      index(entry(), ',"manifests":null'),
      `{"schemaVersion":2.0,"manifests":[]}`,
      `{"manifests":[]}`,
      `[]`,
      `\ufeff${index('')}`,
      `${index('')}x`,
      '',
    ];
    for (const text of texts) expect(read(text), text).to.equal(undefined);
    const invalid = Buffer.from(index(entry(',"annotations":{"a":"\xff"}')), 'latin1');
    expect(plainIndex(invalid, (one) => one)).to.equal(undefined);
  });

  it('says the same as Go, whatever its annotations are', () => {
    const notes = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
    const whole = fc.record({ annotations: notes, more: notes, size: fc.nat() });
    fc.assert(
      fc.property(whole, ({ annotations, more, size }) => {
        const text = JSON.stringify({
          schemaVersion: 2,
          manifests: [{ mediaType: 'm', digest, size, annotations }],
          annotations: more,
        });
        const plain = read(text);
        if (plain !== undefined) expect(plain).to.deep.equal(byGo(text));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a long index.json', () => {
  const many = (more: string): string => Array.from({ length: 3000 }, () => entry(more)).join(',');

  it('is read in pieces as Go reads it', () => {
    const texts = [
      index(many(''), ',"annotations":{"c":"d"}'),
      `{"schemaVersion":2,"mediaType":"x","manifests":[${many(',"annotations":{"a":"\\"é"}')}]}`,
      index(many(`,"annotations":{"a":"${'},{'.repeat(40)}"}`)),
      index(`${many('')}, ${entry()}`),
      `{"manifests":[${many('')}],"schemaVersion":2}`,
    ];
    for (const text of texts) expect(read(text), text.slice(0, 200)).to.deep.equal(byGo(text));
  });

  it('makes of each entry what is asked for, in their order', () => {
    const entries = Array.from({ length: 3000 }, (_, at) => entry('', String(at + 1)));
    const found = plainIndex(Buffer.from(index(entries.join(','))), ({ size }) => size);
    expect(found?.entries).to.deep.equal(entries.map((_, at) => at + 1));
  });

  it('is not taken for one of the usual form where it is none anywhere', () => {
    const texts = [
      index(`${many('')},${entry(',"platform":{"os":"linux"}')},${many('')}`),
      index(`${many('')}],"manifests":[${many('')}`),
      index(`],"annotations":{"a":"1"},"manifests":[${many('')}`, ',"annotations":{"b":"2"}'),
      index(`${many('')},null,${many('')}`),
      index(`${many('')}},{${many('')}`),
    ];
    for (const text of texts) expect(read(text), text.slice(0, 200)).to.equal(undefined);
  });
});

describe('texts by names, written as one text', () => {
  it('are read as Go reads them, or left to it', () => {
    const type = map(goString);
    const some = fc.dictionary(fc.string(), fc.string()).map((value) => JSON.stringify(value));
    const odd = fc.constantFrom(
      '{"a":null}',
      '{"a":1}',
      '[]',
      'null',
      '{"a":"1","a":"2"}',
      '{"a":"\\ud800"}',
      '\ufeff{}',
      '{"a":"\\/"}',
      '{',
    );
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(some, odd), (text) => {
        const found = plainTexts(text);
        if (found === undefined) return;
        plain++;
        expect(found).to.deep.equal(decodeJson(Buffer.from(text), type));
      }),
    );
    expect(plain).to.be.above(30);
    expect(plainTexts('{"a":null}')).to.equal(undefined);
  });
});
