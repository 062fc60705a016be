import { expect } from 'chai';
import fc from 'fast-check';
import {
  flagOf,
  matchesExactly,
  matchesPairs,
  matchesPrefix,
  parseFilters,
  valuesOf,
} from '../../src/engine/filters.js';
import { parseTime, parseUnixTimestamp } from '../../src/engine/timestamps.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { parseDuration } from '../../src/support/go/duration.js';
import { renderJson, sortKeys, VerbatimJson } from '../../src/support/go/json/render.js';
import { parseGoTime, unixSeconds } from '../../src/support/go/rfc3339.js';
import { refusal } from './support.js';

describe('Filters', () => {
  it('come as lists or as maps, not mixed', async () => {
    expect(valuesOf(parseFilters('{"a":["x","y","x"]}'), 'a')).to.deep.equal(['x', 'y']);
    expect(valuesOf(parseFilters('{"a":{"x":true,"y":false}}'), 'a')).to.deep.equal(['x', 'y']);
    for (const bad of ['bad', '[]', '{"a":"x"}', '{"a":["x"],"b":{"y":true}}', '{"a":{"x":1}}', '{"a":[1]}']) {
      expect(await refusal(() => parseFilters(bad)), bad).to.deep.equal(['INVALID_ARGUMENT', 'invalid filter']);
    }
    for (const none of [undefined, '', 'null', '{}']) expect(parseFilters(none).size).to.equal(0);
  });

  it('match exactly, by prefix, or by pairs', () => {
    const filters = parseFilters('{"name":["app"],"label":["a=1","b"]}');
    expect(matchesExactly(filters, 'name', 'app')).to.equal(true);
    expect(matchesExactly(filters, 'name', 'apple')).to.equal(false);
    expect(matchesExactly(filters, 'other', 'x')).to.equal(true);
    expect(matchesPrefix(filters, 'name', 'apple')).to.equal(true);
    expect(matchesPairs(filters, 'label', { a: '1', b: '' })).to.equal(true);
    expect(matchesPairs(filters, 'label', { a: '2', b: '' })).to.equal(false);
    expect(matchesPairs(filters, 'label', {})).to.equal(false);
  });

  it('take truth values', async () => {
    expect(flagOf(parseFilters('{"d":["1"]}'), 'd', false)).to.equal(true);
    expect(flagOf(parseFilters('{"d":["false"]}'), 'd', true)).to.equal(false);
    expect(flagOf(parseFilters('{}'), 'd', true)).to.equal(true);
    expect(await refusal(() => flagOf(parseFilters('{"d":["true","false"]}'), 'd', true))).to.deep.equal([
      'INVALID_ARGUMENT',
      "invalid filter 'd=[true false]'",
    ]);
    expect((await refusal(() => flagOf(parseFilters('{"d":[]}'), 'd', true)))[1]).to.equal("invalid filter 'd'");
  });

  it('never fail in another way, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseFilters(text);
        } catch (error) {
          expect(error).to.be.instanceOf(AttestdError);
        }
      }),
    );
  });
});

describe('Times and durations', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const at = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n;

  it('are read in the forms that the daemon takes', () => {
    expect(parseTime('1h30m', now)).to.equal(at('2026-11-23T10:30:00Z'));
    expect(parseTime('2024-01-02T03:04:05Z', now)).to.equal(at('2024-01-02T03:04:05Z'));
    expect(parseTime('2024-01-02T03:04:05.5+02:00', now)).to.equal(at('2024-01-02T01:04:05.5Z'));
    expect(parseTime('2024-01-02Z', now)).to.equal(at('2024-01-02T00:00:00Z'));
    expect(parseTime('2024-01-02T03Z', now)).to.equal(at('2024-01-02T03:00:00Z'));
    expect(parseTime('1700000000', now)).to.equal(1_700_000_000n * 1_000_000_000n);
    expect(parseTime('1.5', now)).to.equal(1_500_000_000n);
    expect(parseTime('0', now)).to.equal(0n);
  });

  const refused: readonly (readonly [text: string, message: string])[] = [
    ['', 'failed to parse value as time or duration: value is empty'],
    ['bogus', 'failed to parse value as time or duration: invalid seconds "bogus": invalid syntax'],
    ['2024-13-01', 'parsing time "2024-13-01": month out of range'],
    ['2024-02-30', 'parsing time "2024-02-30": day out of range'],
    ['2024-1-1', 'parsing time "2024-1-1" as "2006-01-02": cannot parse "1-1" as "01"'],
  ];
  for (const [text, message] of refused) {
    it(`refuse "${text}"`, async () => {
      expect(await refusal(() => parseTime(text, now))).to.deep.equal(['INVALID_ARGUMENT', message]);
    });
  }

  it('have at most 20 digits of a fraction', async () => {
    expect(parseUnixTimestamp('1.1234567891')).to.equal(1_123_456_789n);
    expect((await refusal(() => parseUnixTimestamp(`1.${'0'.repeat(21)}`)))[1]).to.match(
      /length 21 exceeds maximum 20$/,
    );
    expect((await refusal(() => parseUnixTimestamp('1.2x')))[1]).to.match(/invalid character 'x' at position 1$/);
  });

  it('count durations of all units', () => {
    expect(parseDuration('1h1m1s1ms1us1ns')).to.equal(3_661_001_001_001n);
    expect(parseDuration('-1.5s')).to.equal(-1_500_000_000n);
    expect(parseDuration('.5m')).to.equal(30_000_000_000n);
    for (const bad of ['', '1', 's', '1x', '1h-1m', '9999999999h'])
      expect(() => parseDuration(bad), bad)
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
  });

  it('never fail in another way, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9TZ:.+-]{0,30}$/)), (text) => {
        try {
          parseTime(text, now);
        } catch (error) {
          expect(error).to.be.instanceOf(AttestdError);
        }
      }),
    );
  });

  it('of configurations are written again as Go does', () => {
    expect(parseGoTime('2024-01-02T03:04:05.1200Z').text).to.equal('2024-01-02T03:04:05.12Z');
    expect(parseGoTime('2024-01-02T03:04:05.000+00:00').text).to.equal('2024-01-02T03:04:05Z');
    expect(parseGoTime('2024-01-02T03:04:05+02:00').text).to.equal('2024-01-02T03:04:05+02:00');
    expect(unixSeconds(parseGoTime('1969-12-31T23:59:59.5Z'))).to.equal(-1);
    expect(() => parseGoTime('2024-01-02 03:04:05Z')).to.throw(AttestdError);
  });
});

describe('Rendered answers', () => {
  it('end with a line feed and keep the order of keys, numbers among them', () => {
    const labels = new Map([
      ['b', 1],
      ['10', 2],
      ['9', 3],
    ]);
    expect(renderJson({ z: labels, a: undefined, n: null }).toString()).to.equal(
      '{"z":{"b":1,"10":2,"9":3},"n":null}\n',
    );
  });

  it('keep <>& and escape U+2028', () => {
    expect(renderJson('<a>&\u2028').toString()).to.equal('"<a>&\\u2028"\n');
  });

  it('hold integers of any size and verbatim bytes, UTF-8 or not', () => {
    const bytes = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
    const rendered = renderJson([2n ** 70n, new VerbatimJson(bytes)]);
    expect(rendered.toString('latin1')).to.equal(`[1180591620717411303424,${bytes.toString('latin1')}]\n`);
  });

  it('can have all keys sorted by their bytes', () => {
    const sorted = sortKeys({ b: { d: 1, c: [{ z: 1, a: 2 }] }, '10': 1, '9': 2, A: undefined });
    expect(renderJson(sorted).toString()).to.equal('{"10":1,"9":2,"b":{"c":[{"a":2,"z":1}],"d":1}}\n');
  });

  it('are what JSON.parse reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(renderJson(value as string).toString())).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
