import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { ignoredOf } from '../src/engine/build/ignore.js';
import { readLine, readLines } from '../src/engine/build/lines.js';
import { requestedSignal } from '../src/engine/containers/run/signals.js';
import { commandOf, execForm } from '../src/engine/dockerfile/command.js';
import { healthcheck } from '../src/engine/dockerfile/healthcheck.js';
import { pairsOf, wordsOf } from '../src/engine/dockerfile/words.js';
import { formatPort, parsePort, parsePortRange } from '../src/engine/networks/port.js';
import { formatPrefix, parsePrefix } from '../src/engine/networks/prefix.js';
import { readLog } from '../src/engine/state/log-file.js';
import { parseBind, parseVolumesFrom } from '../src/engine/volumes/parse.js';
import { decompress } from '../src/oci/compression.js';
import { acceptedCoding } from '../src/server/accept-encoding.js';
import { formatAddress, parseAddress } from '../src/server/address.js';
import { readFaults } from '../src/server/faults/read.js';
import { splitVersion } from '../src/server/version.js';
import { AttestdError } from '../src/support/foundation/errors.js';
import { formatDuration, parseDuration } from '../src/support/go/duration.js';
import { decodeJson } from '../src/support/go/json.js';
import { formatAddress as formatIp, goPrefix } from '../src/support/go/netip.js';
import { matchGlob } from '../src/support/go/path-match.js';
import { formatNanoseconds, parseGoTime } from '../src/support/go/rfc3339.js';
import { atoi, parseBool, parseInteger, parseUnsigned } from '../src/support/go/strconv.js';
import { parseSed, SedSyntaxError } from '../src/support/sandbox/programs/sed-parse.js';
import { readScript } from '../src/support/sandbox/shell/parse.js';
import { Pattern, replacePattern } from '../src/support/sandbox/shell/pattern.js';

/** Texts of words that mean something to a parser, and of anything else. */
const textOf = (...words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, fc.string({ maxLength: 4 })), {
      maxLength: 10,
    })
    .map((parts) => parts.join(''));

/** What a parser gives; undefined where it refuses in the way that it may. */
async function taken<T>(
  act: () => T | Promise<T>,
  refusals: readonly (new (...args: never[]) => Error)[],
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (refusals.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

/** A parser takes or refuses whatever comes, as a rule with an error of the table. */
interface Parser {
  readonly name: string;
  readonly words: readonly string[];
  readonly parse: (text: string) => unknown;
  /** How often it is tried; a hundred times without it. */
  readonly numRuns?: number;
  readonly refusals?: readonly (new (...args: never[]) => Error)[];
}

const parsers: readonly Parser[] = [
  {
    name: 'durations',
    words: ['1', '.', '-', 'h', 'm', 's', 'ms', 'µs', 'ns', '9'.repeat(20)],
    parse: parseDuration,
    refusals: [Error],
  },
  {
    name: 'numbers',
    words: ['0x', '_', '-', '+', '9'.repeat(25), 'true', 'F'],
    refusals: [Error],
    parse: (text) => [atoi, parseBool, parseInteger, parseUnsigned].map((read) => taken(() => read(text), [Error])),
  },
  { name: 'IP addresses', words: ['::', 'ffff', ':', '1', '.', '255', '%eth0', '/'], parse: formatIp },
  {
    name: 'networks',
    words: ['10.0.0.0', '/', '8', '129', 'fd00::', '::'],
    parse: async (text) => {
      const read = await taken(() => decodeJson(Buffer.from(JSON.stringify(text)), goPrefix), [AttestdError]);
      return read ? parsePrefix(read) : undefined;
    },
    refusals: [],
  },
  {
    name: 'ports',
    words: ['80', '-', '/', 'tcp', 'udp', '65536', ':', ' '],
    parse: (text) => [parsePortRange(text), parsePort(text)],
    refusals: [Error],
  },
  {
    name: 'binds',
    words: ['/a', ':', 'ro', ',', 'rw', 'z', 'nocopy', 'rshared', 'vol', 'C:\\', '..', '\0'],
    parse: (text) => parseBind(text, ''),
  },
  { name: 'volumes-from', words: ['c', ':', 'ro', 'rw', ','], parse: parseVolumesFrom },
  { name: 'signals', words: ['SIG', 'KILL', 'RTMIN', '+', '1', '-', '64'], parse: requestedSignal },
  {
    name: 'lines of a Dockerfile',
    words: ['RUN ', 'FROM x', '\\\n', '\n', '# escape=`\n', '<<EOF\n', 'EOF', '"', '--mount=', '[', '# syntax=a\n'],
    parse: (text) => readLines(Buffer.from(text)),
  },
  {
    name: 'a line of a Dockerfile',
    words: ['COPY ', '--from=', 'a', ' ', '["x"', ']', '<<', '\t'],
    parse: (text) => readLine(text, 1),
  },
  {
    name: 'words of a Dockerfile',
    words: ['a=b', ' ', '"', "'", '\\', '$x', '='],
    parse: (text) => [wordsOf(text), taken(() => pairsOf('ENV', text), [AttestdError])],
  },
  {
    name: 'commands of a Dockerfile',
    words: ['[', '"a"', ',', ']', ' x', '\\u0041'],
    parse: (text) => [execForm(text), commandOf(text, ['/bin/sh', '-c'])],
  },
  {
    name: 'health checks',
    words: ['--interval=', '1s', ' ', 'CMD', 'NONE', '--retries=', '-1', '["a"]'],
    parse: healthcheck,
  },
  {
    name: 'ignored paths',
    words: ['**', '*', '!', '/', 'a', '[', ']', '\\', '\n', '#', '..', '?'],
    parse: (text) => ignoredOf(text, ['a/b/c']),
  },
  {
    name: 'globs',
    words: ['*', '?', '[', ']', '^', '-', '\\', 'a', '/'],
    parse: (text) => matchGlob(text, 'a/b-c'),
    refusals: [Error],
  },
  {
    name: 'shell patterns',
    words: ['*', '?', '[', ']', '!', '[:alpha:]', '\\', 'a'],
    parse: (text) => [new Pattern(text).prefix('aab', true), replacePattern('aab', text, 'x', '//')],
  },
  {
    name: 'shell scripts',
    words: [
      'if ',
      'then ',
      'fi',
      ';',
      '&',
      '|',
      '$(',
      ')',
      '`',
      '"',
      "'",
      '<<E\n',
      '\n',
      '{ ',
      '}',
      '$((',
      'case ',
      'esac',
      'for ',
      'do ',
      'done',
      '(',
      '\\',
    ],
    parse: readScript,
  },
  {
    name: 'sed scripts',
    words: ['s', '/', 'a', 'g', '{', '}', ';', '\n', '$', '!', ',', '\\', 'y', 'b', ':x', '1'],
    parse: (text) => parseSed(text, false),
    refusals: [SedSyntaxError, Error],
  },
  { name: 'accepted codings', words: ['gzip', ';', 'q=', '0', '.5', ',', '*', 'deflate', ' '], parse: acceptedCoding },
  {
    name: 'addresses to listen on',
    words: ['unix://', 'tcp://', '/', 'a', ':', '1', '[::1]', '99999'],
    parse: parseAddress,
  },
  { name: 'versions in paths', words: ['/', 'v', '1', '.', '40', '%2F', '//'], parse: splitVersion },
  {
    name: 'times',
    words: ['2024-01-01', 'T', '00:00:00', '.', '9', 'Z', '+01:00', ' ', '-'],
    parse: parseGoTime,
    refusals: [Error],
  },
  {
    name: 'faults in YAML',
    words: [
      "version: '1.0'\n",
      'faults:\n',
      '  - ',
      'status: 500\n',
      '&a ',
      '*a',
      '{',
      '}',
      '[',
      ']',
      '!!x ',
      '\t',
      '- ',
      ': ',
    ],
    numRuns: 20,
    parse: (text) => readFaults(text, 'x'),
  },
  {
    name: 'lines of a log on disk',
    words: ['{"stream":"stdout"', ',"time":"1"', ',"bytes":"YQ=="', '}', '\n', '"time":"x"', 'null', '[]'],
    parse: (text) => readLog({ has: () => true, read: async () => Buffer.from(text) } as never, 'x'),
  },
];

describe('Parsers', () => {
  for (const { name, words, parse, refusals = [AttestdError], numRuns = 100 } of parsers)
    it(`of ${name} take or refuse whatever comes`, async () => {
      await fc.assert(
        fc.asyncProperty(textOf(...words), async (text) => void (await taken(() => parse(text), refusals))),
        { numRuns },
      );
    });

  it('of durations read what is written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), (nanoseconds) => {
        expect(parseDuration(formatDuration(nanoseconds))).to.equal(nanoseconds);
      }),
    );
  });

  it('of ports and networks read what is written', () => {
    fc.assert(
      fc.property(fc.nat(65_535), fc.constantFrom('tcp', 'udp', 'sctp'), (number, protocol) => {
        const port = parsePort(`${number}/${protocol}`);
        expect(parsePort(formatPort(port))).to.deep.equal(port);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(32), (address, bits) => {
        const prefix = parsePrefix(`${address}/${bits}`);
        expect(parsePrefix(formatPrefix(prefix))).to.deep.equal(prefix);
      }),
    );
  });

  it('of IP addresses read what is written, and write it the same again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const text = formatIp(address);
        expect(text).to.be.a('string');
        expect(formatIp(text as string)).to.equal(text);
      }),
    );
  });

  it('of addresses to listen on read what is written', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        fc.nat(65_535),
        (host, port) => {
          const address = parseAddress(`tcp://${host}:${port}`);
          expect(parseAddress(formatAddress(address))).to.deep.equal(address);
        },
      ),
    );
  });

  it('of times read what is written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n }), (time) => {
        const text = formatNanoseconds(time);
        expect(parseGoTime(text).text).to.equal(text);
      }),
    );
  });

  it('of compressed bytes give back what was compressed, and take or refuse anything else', async () => {
    const drain = async (bytes: Buffer): Promise<Buffer> => {
      const pieces: Buffer[] = [];
      for await (const piece of await decompress(Readable.from([bytes]))) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    };
    const magics = ['', '1f8b08', '28b52ffd', '425a6839', 'fd377a585a00'].map((text) => Buffer.from(text, 'hex'));
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...magics),
        fc.nat(40),
        async (bytes, magic, cut) => {
          const packed = gzipSync(bytes);
          expect(await drain(packed)).to.deep.equal(Buffer.from(bytes));
          await taken(() => drain(packed.subarray(0, -1 - (cut % packed.length))), [AttestdError]);
          await taken(() => drain(Buffer.concat([magic, bytes])), [AttestdError]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
