import { expect } from 'chai';
import fc from 'fast-check';
import type { Descriptor } from '../../../src/oci/descriptor.js';
import { descriptorType, indexType, manifestType, platformType } from '../../../src/oci/manifest.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import {
  compactJson,
  compareText,
  decodeJson,
  encodeJson,
  encodeString,
  firstJson,
  firstJsonInTurns,
  goAny,
  goString,
  goUtf8,
  JsonScanner,
  jsonFault,
  map,
  slice,
  sortedMap,
} from '../../../src/support/go/json.js';

const compact = (text: string): string => compactJson(Buffer.from(text)).toString();

describe('compaction of JSON', () => {
  it('drops whitespace between tokens and keeps every other byte', () => {
    const odd =
      '{ "b" : [ 1.0 , 1e3,\t1E+3, -0 ,12345678901234567890 ],\r\n"a":"\\u0041\\/ \\ud800\u2028", "a" : null }';
    expect(compact(odd)).to.equal(
      '{"b":[1.0,1e3,1E+3,-0,12345678901234567890],"a":"\\u0041\\/ \\ud800\u2028","a":null}',
    );
  });

  it('keeps invalid UTF-8 inside strings', () => {
    const bytes = Buffer.concat([Buffer.from('["'), Buffer.from([0xff, 0xc3]), Buffer.from('" ]')]);
    expect(compactJson(bytes).toString('latin1')).to.equal('["\xff\xc3"]');
  });

  it('equals JSON.stringify where no number, escape or key order is odd', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, '\t', '\n'), (text, indent) => {
        const value: unknown = JSON.parse(text);
        expect(compact(JSON.stringify(value, null, indent))).to.equal(JSON.stringify(value));
      }),
    );
  });

  it('gives the same whatever the pieces are that the scanner is fed', () => {
    fc.assert(
      fc.property(fc.json(), fc.array(fc.nat(40), { minLength: 1 }), (text, cuts) => {
        const input = Buffer.from(JSON.stringify(JSON.parse(text), null, 1));
        const out = Buffer.alloc(input.length);
        const scanner = new JsonScanner();
        let to = 0;
        for (let at = 0, i = 0; at < input.length; i++) {
          const next = at + 1 + (cuts[i % cuts.length] as number);
          to = scanner.push(input.subarray(at, next), out, to);
          at = next;
        }
        scanner.end();
        expect(scanner.error).to.equal(undefined);
        expect(out.subarray(0, to).toString()).to.equal(compactJson(input).toString());
      }),
    );
  });
});

describe('validity of JSON', () => {
  const accepts = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it('agrees with JSON.parse on mutated documents', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:0123456789.eE+-tfnu\\ \n\u0001x'), (text, at, c) => {
        const cut = at % (text.length + 1);
        for (const mutant of [text.slice(0, cut) + c + text.slice(cut), text.slice(0, cut) + text.slice(cut + 1)])
          expect(jsonFault(Buffer.from(mutant)) === undefined, mutant).to.equal(accepts(mutant));
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with JSON.parse on strings of tokens', () => {
    const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '-', '0', '.5', 'e1', 'true', 'null', ' ');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = tokens.join('');
        expect(jsonFault(Buffer.from(text)) === undefined, text).to.equal(accepts(text));
      }),
      { numRuns: 2000 },
    );
  });

  const faults: readonly [string, string][] = [
    ['', 'unexpected end of JSON input'],
    ['  ', 'unexpected end of JSON input'],
    ['{"a":1', 'unexpected end of JSON input'],
    ['"abc', 'unexpected end of JSON input'],
    ['-', "invalid character ' ' in numeric literal"],
    ['1.', "invalid character ' ' after decimal point in numeric literal"],
    ['tru', "invalid character ' ' in literal true (expecting 'e')"],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['\u001f\u008b', "invalid character '\\x1f' looking for beginning of value"],
    ['\n\u0000', "invalid character '\\x00' looking for beginning of value"],
    ['{}{', "invalid character '{' after top-level value"],
    ['not', "invalid character 'o' in literal null (expecting 'u')"],
    ['{1:2}', "invalid character '1' looking for beginning of object key string"],
    ['{"a";1}', "invalid character ';' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['"\t"', "invalid character '\\t' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['1e+', "invalid character ' ' in exponent of numeric literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['01', "invalid character '1' after top-level value"],
  ];
  for (const [text, fault] of faults)
    it(`reports ${JSON.stringify(text)} as Go does`, () => {
      expect(jsonFault(Buffer.from(text))).to.equal(fault);
    });

  it('names a byte that is no ASCII as a Latin-1 character', () => {
    expect(jsonFault(Buffer.from('\ufeff{}'))).to.equal("invalid character 'ï' looking for beginning of value");
    expect(jsonFault(Buffer.from([0x80]))).to.equal("invalid character '\\u0080' looking for beginning of value");
  });

  it('limits nesting to 10,000 levels', () => {
    const nest = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    expect(jsonFault(nest(10_000))).to.equal(undefined);
    expect(jsonFault(nest(10_001))).to.equal("invalid character '[' exceeded max depth");
  });
});

describe('decoding JSON into a Go type', () => {
  const platform = (text: string) => decodeJson(Buffer.from(text), platformType);

  it('matches keys exactly, then without regard to case', () => {
    expect(platform('{"OS":"linux","Architecture":"arm64","unknown":[1,{}]}')).to.deep.equal({
      architecture: 'arm64',
      os: 'linux',
    });
    expect(platform('{"o\u017f":"linux"}').os).to.equal('linux');
  });

  it('lets the last of equal keys win and null leave what is there', () => {
    expect(platform('{"os":"a","OS":"b","os":null,"architecture":null}')).to.deep.equal({ architecture: '', os: 'b' });
    expect(platform('null')).to.deep.equal({ architecture: '', os: '' });
  });

  it('merges structs of repeated keys', () => {
    const text = '{"platform":{"os":"linux"},"platform":{"variant":"v8"}}';
    expect(decodeJson(Buffer.from(text), descriptorType).platform).to.deep.equal({
      architecture: '',
      os: 'linux',
      variant: 'v8',
    });
  });

  const mismatches: readonly [string, string][] = [
    ['"linux/amd64"', 'json: cannot unmarshal string into Go value of type v1.Platform'],
    ['1', 'json: cannot unmarshal number into Go value of type v1.Platform'],
    ['[]', 'json: cannot unmarshal array into Go value of type v1.Platform'],
    ['{"os":1,"architecture":true}', 'json: cannot unmarshal number into Go struct field Platform.os of type string'],
    ['{"os.features":"x"}', 'json: cannot unmarshal string into Go struct field Platform.os.features of type []string'],
    ['{"os', 'unexpected end of JSON input'],
  ];
  for (const [text, message] of mismatches)
    it(`refuses the platform ${text} in Go's words`, () => {
      expect(() => platform(text))
        .to.throw(AttestdError, message)
        .with.property('code', 'INVALID_JSON');
    });

  it('names the path to a nested field', () => {
    const bad = (text: string, type: typeof manifestType | typeof indexType) => () =>
      decodeJson<unknown>(Buffer.from(text), type);
    expect(bad('{"layers":[{},{"annotations":{"a":1}}]}', manifestType)).to.throw(
      'json: cannot unmarshal number into Go struct field Descriptor.layers.annotations of type string',
    );
    expect(bad('{"manifests":[{"size":1.5}]}', indexType)).to.throw(
      'json: cannot unmarshal number 1.5 into Go struct field Descriptor.manifests.size of type int64',
    );
    expect(bad('{"manifests":[{"digest":{}}]}', indexType)).to.throw(
      'json: cannot unmarshal object into Go struct field Descriptor.manifests.digest of type digest.Digest',
    );
  });

  it('keeps keys that JavaScript treats specially', () => {
    const { annotations } = decodeJson(Buffer.from('{"annotations":{"__proto__":"x","1":"y"}}'), descriptorType);
    expect(Object.keys(annotations ?? {})).to.have.members(['__proto__', '1']);
    expect(encodeJson({ mediaType: '', digest: '', size: 0, annotations }, descriptorType)).to.equal(
      '{"mediaType":"","digest":"","size":0,"annotations":{"1":"y","__proto__":"x"}}',
    );
  });

  it('turns each invalid byte and each lone surrogate into U+FFFD', () => {
    expect(goUtf8(Buffer.from([0x61, 0xe2, 0x80, 0x62]))).to.equal('a\ufffd\ufffdb');
    const text = Buffer.concat([Buffer.from('{"os":"\\ud800'), Buffer.from([0xff]), Buffer.from('\\ud83d\\ude00"}')]);
    expect(decodeJson(text, platformType).os).to.equal('\ufffd\ufffd\u{1f600}');
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decodeJson(Buffer.from(JSON.stringify(value)), goAny)).to.deep.equal(
          value === null ? undefined : JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });
});

describe('long documents', () => {
  const text = JSON.stringify(Array.from({ length: 40_000 }, (_, at) => `entry ${at}`));

  it('are looked through in turns, and not again by who decodes them', async () => {
    const document = Buffer.from(text);
    let turns = 0;
    const first = await firstJsonInTurns(document, () => {
      turns++;
      return undefined;
    });
    expect(turns)
      .to.equal(Math.ceil(document.length / 65_536))
      .and.above(5);
    const { push } = JsonScanner.prototype;
    let scanned = 0;
    JsonScanner.prototype.push = function (...args) {
      scanned++;
      return push.apply(this, args);
    };
    try {
      expect(decodeJson(first, slice(goString))).to.have.length(40_000);
    } finally {
      JsonScanner.prototype.push = push;
    }
    expect(scanned).to.equal(0);
  });

  it('are cut, and refused, in turns as they are at once', async () => {
    const outcome = async (act: () => Buffer | Promise<Buffer>): Promise<string> => {
      try {
        return (await act()).toString();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const part = fc.constantFrom('{', '}', '[', ']', '"', '1', ',', ':', ' ', 'x'.repeat(70_000), text);
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
        const document = Buffer.from(parts.join(''));
        const inTurns = await outcome(() => firstJsonInTurns(document, () => undefined));
        expect(inTurns).to.equal(await outcome(() => firstJson(document)));
      }),
    );
  });

  it('have at most 200,000 elements in all their arrays', () => {
    const lists = (count: number): Buffer => Buffer.from(`[[${Array(count - 2).fill('""')}],[]]`);
    expect(decodeJson(lists(200_000), slice(slice(goString)))).to.have.length(2);
    expect(() => decodeJson(lists(200_001), slice(slice(goString))))
      .to.throw(AttestdError)
      .with.property('code', 'INVALID_JSON');
  });

  it('have no more members in their maps than they may have elements', () => {
    const members = (count: number): Buffer =>
      Buffer.from(`{${Array.from({ length: count }, (_, i) => `"m${i}":""`).join(',')}}`);
    expect(Object.keys(decodeJson(members(100), map(goString), 100) ?? {})).to.have.length(100);
    expect(() => decodeJson(members(101), map(goString), 100))
      .to.throw(AttestdError)
      .with.property('code', 'INVALID_JSON');
  });

  it('that do not fit their type tell where for the first place only', () => {
    let told = 0;
    const type = {
      ...slice(goString),
      element: {
        ...goString,
        get name() {
          told++;
          return 'string';
        },
      },
    };
    expect(() => decodeJson(Buffer.from(`[${Array(1000).fill('1')}]`), type)).to.throw(AttestdError);
    expect(told).to.equal(1);
  });
});

describe('the order of texts', () => {
  it('is that of their UTF-8 bytes', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}'),
    });
    fc.assert(
      fc.property(text, text, fc.string({ unit: 'grapheme' }), (a, b, prefix) => {
        const bytes = Buffer.compare(Buffer.from(prefix + a), Buffer.from(prefix + b));
        expect(compareText(prefix + a, prefix + b)).to.equal(bytes);
        const keys = Object.fromEntries([a, b, prefix].map((key) => [key, '']));
        const sorted = Object.keys(keys).sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
        expect([...sortedMap(keys).keys()]).to.deep.equal(sorted);
      }),
    );
  });
});

describe('encoding JSON as Go does', () => {
  it('escapes U+2028 and U+2029 but not <, > and &', () => {
    expect(encodeString('<a&b>\u2028\u2029\u0001')).to.equal('"<a&b>\\u2028\\u2029\\u0001"');
  });

  it('writes descriptors in field order, annotations sorted, empty fields left out', () => {
    const text =
      '{"artifactType":"t","annotations":{"b":"1","\ud83d\ude00":"3","\uff5e":"2"},"urls":[],"size":3,"mediaType":"","data":"YQ==","x":1}';
    expect(encodeJson(decodeJson(Buffer.from(text), descriptorType), descriptorType)).to.equal(
      '{"mediaType":"","digest":"","size":3,"annotations":{"b":"1","\uff5e":"2","\ud83d\ude00":"3"},"data":"YQ==","artifactType":"t"}',
    );
  });

  it('gives back what was decoded', () => {
    const descriptor = fc.record(
      {
        mediaType: fc.string({ unit: 'binary' }),
        digest: fc.string(),
        size: fc.integer(),
        urls: fc.array(fc.string(), { minLength: 1 }),
        annotations: fc.dictionary(fc.string(), fc.string(), { minKeys: 1, noNullPrototype: true }),
        platform: fc.record({ architecture: fc.string(), os: fc.string(), variant: fc.string({ minLength: 1 }) }),
      },
      { requiredKeys: ['mediaType', 'digest', 'size'] },
    );
    fc.assert(
      fc.property(descriptor, (value) => {
        const json = encodeJson<Descriptor>(value, descriptorType);
        expect(decodeJson(Buffer.from(json), descriptorType)).to.deep.equal(value);
        expect(compact(json)).to.equal(json);
      }),
    );
  });
});
