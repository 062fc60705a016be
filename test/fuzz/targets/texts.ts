import { isDeepStrictEqual } from 'node:util';
import { applyChanges } from '../../../src/engine/dockerfile/changes.js';
import { parseFilters } from '../../../src/engine/filters.js';
import { decodeAuthHeader } from '../../../src/engine/registry/credentials.js';
import { parseTime, parseUnixTimestamp } from '../../../src/engine/timestamps.js';
import { isDigest, parseDigest } from '../../../src/oci/digest.js';
import { formatPlatformAll, only, parsePlatform } from '../../../src/oci/platform.js';
import {
  formatReference,
  parseAnyReference,
  parseDockerReference,
  parseReference,
} from '../../../src/oci/reference.js';
import { parseFilters as parseContentFilters } from '../../../src/server/grpc/filters.js';
import { formatDuration, parseDuration } from '../../../src/support/go/duration.js';
import { matchGlob } from '../../../src/support/go/path-match.js';
import { quote } from '../../../src/support/go/quote.js';
import { cleanPath, escapePath, parseQuery, percentDecode, splitTarget } from '../../../src/support/go/url.js';
import { parseChallenges } from '../../../src/support/registry-client/challenge.js';
import { holds, ifTaken, type Target } from '../target.js';

const hex = 'ab'.repeat(32);

const references: Target = {
  name: 'references',
  words: [
    'docker.io/',
    'library/',
    'localhost:5000/',
    ':latest',
    '@sha256:',
    hex,
    '[::1]:80/',
    '..',
    '__',
    '-',
    'index.docker.io/',
  ],
  seeds: ['busybox', `localhost:5000/a/b:t@sha256:${hex}`, 'docker.io/library/x:1', hex, '[2001:db8::1]:80/x'],
  run(bytes) {
    const text = bytes.toString();
    ifTaken(() => parseAnyReference(text));
    ifTaken(() => parseDockerReference(text));
    if (isDigest(text))
      holds(`${parseDigest(text).algorithm}:${parseDigest(text).encoded}` === text, 'a digest is its parts');
    const reference = ifTaken(() => parseReference(text));
    if (reference === undefined) return;
    const full = formatReference(reference);
    holds(isDeepStrictEqual(parseReference(full), reference), `the full form ${full} is the same reference`);
  },
};

const platforms: Target = {
  name: 'platforms',
  words: [
    'linux',
    'windows',
    '/',
    'arm64',
    'v8',
    'v8.1',
    '(10.0.17763+win32k)',
    'macos',
    'x86_64',
    '%2B',
    'aarch64',
    'i386',
    '*',
  ],
  seeds: ['linux/arm64/v8', 'windows(10.0.17763+win32k)/amd64', 'arm', 'linux', 'linux/arm/v7'],
  run(bytes) {
    const platform = ifTaken(() => parsePlatform(bytes.toString()));
    if (platform === undefined) return;
    const text = formatPlatformAll(platform);
    const again = ifTaken(() => parsePlatform(text));
    // The parts are joined as a path, by the daemon too: `.` and `..` get lost.
    const parts = [platform.architecture, platform.variant ?? ''];
    if (again !== undefined && !parts.some((part) => /^\.\.?$/.test(part)))
      holds(formatPlatformAll(again) === text, `${text} is written as it was`);
    only(platform).match({ os: 'linux', architecture: 'amd64' });
  },
};

const filters: Target = {
  name: 'filters',
  words: [
    '{"',
    '":["',
    '"]}',
    '":{"',
    '":true',
    'label',
    'dangling',
    'reference',
    'null',
    '__proto__',
    'a*',
    '[^a-z]',
    '\\',
  ],
  seeds: ['{"label":["a=b"],"dangling":["true"]}', '{"until":{"24h":true}}', '{"reference":["*/b[a-c]?"]}'],
  run(bytes) {
    const text = bytes.toString();
    for (const values of ifTaken(() => parseFilters(text))?.values() ?? [])
      for (const value of values.keys()) ifTaken(() => matchGlob(value, 'docker.io/library/busybox:latest'));
    ifTaken(() => matchGlob(text, 'library/busybox'));
  },
};

const contentFilters: Target = {
  name: 'content-filters',
  words: [
    'labels.',
    '"',
    '==',
    '!=',
    '~=',
    ',',
    'digest',
    '/',
    '|',
    '\\x41',
    '\\u00e9',
    '(a*)*',
    '[[:alpha:]]',
    'sha256:',
  ],
  seeds: ['labels."a.b"==c,digest~=/^sha256:/', 'digest', 'labels.x!=|y|', 'a~="(a|b)*c"'],
  run(bytes) {
    const filter = ifTaken(() => parseContentFilters([bytes.toString()]));
    filter?.((path) => (path[0] === 'digest' ? `sha256:${hex}` : undefined));
    filter?.((path) => path.join('.'));
  },
};

const changes: Target = {
  name: 'changes',
  words: [
    'CMD ',
    'ENTRYPOINT ',
    'ENV ',
    'EXPOSE ',
    'HEALTHCHECK ',
    'LABEL ',
    'ONBUILD ',
    'STOPSIGNAL ',
    'USER ',
    'VOLUME ',
    'WORKDIR ',
    '["a","b"]',
    '$A',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the instruction's
    '${A:-b}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the instruction's
    '${A:+b}',
    '0-65535',
    '/udp',
    '--interval=5s ',
    '--retries=2 ',
    'CMD true',
    'NONE',
    '\\\n',
    '\n',
    '"',
    "'",
    '=',
    '#',
    '__proto__',
  ],
  seeds: [
    'CMD echo hi',
    'ENV A=1 B="x y" C=$A\nLABEL a=$B "c d"=e\\ f',
    'EXPOSE 80 8000-8010/udp',
    'HEALTHCHECK --interval=5s CMD true',
    'ENTRYPOINT ["a","b"]\nUSER me\nWORKDIR x\nVOLUME /a ["/b"]',
    'ONBUILD RUN x\nSTOPSIGNAL SIGKILL',
  ],
  run(bytes) {
    const text = bytes.toString();
    const config = ifTaken(() => applyChanges([text]));
    if (config !== undefined) JSON.stringify(config);
    ifTaken(() => applyChanges(text.split('\n'), config ?? {}));
  },
};

const requests: Target = {
  name: 'requests',
  words: [
    '/v1.47',
    '/images/',
    '%2F',
    '%',
    '?',
    '&',
    '=',
    ';',
    '..',
    '//',
    'http://x',
    '+',
    'Bearer ',
    'realm="',
    '",scope=',
    'Basic ',
    'e30=',
  ],
  seeds: [
    '/v1.47/images/a%2Fb/json?platform=%7B%7D&a=1',
    'http://host/a/../b?x',
    'Bearer realm="https://a/t",service="b"',
    'e30=',
  ],
  run(bytes) {
    const text = bytes.toString('latin1');
    const { path, search } = splitTarget(text);
    ifTaken(() => parseQuery(search.slice(1)));
    const decoded = ifTaken(() => percentDecode(path, false));
    if (decoded !== undefined) {
      const clean = cleanPath(decoded);
      holds(cleanPath(clean) === clean, 'a clean path is clean');
      holds(ifTaken(() => percentDecode(escapePath(clean), false)) !== undefined, 'what is escaped can be read');
    }
    parseChallenges([text]);
    ifTaken(() => decodeAuthHeader(text));
  },
};

const times: Target = {
  name: 'times',
  words: [
    '1h',
    '30m',
    '.5s',
    '-',
    '+',
    'µs',
    '2006-01-02',
    'T15:04:05',
    'Z',
    '+07:00',
    '1700000000',
    '.123456789',
    'ns',
  ],
  seeds: ['1h30m.5s', '2024-01-02T03:04:05.678Z', '1700000000.5', '-3us'],
  run(bytes) {
    const text = bytes.toString();
    quote(bytes);
    quote(text);
    ifTaken(() => parseUnixTimestamp(text));
    ifTaken(() => parseTime(text, new Date(0)));
    const duration = ifTaken(() => parseDuration(text));
    if (duration !== undefined)
      holds(parseDuration(formatDuration(duration)) === duration, 'a duration is as it is written');
  },
};

export const textTargets: readonly Target[] = [
  references,
  platforms,
  filters,
  contentFilters,
  changes,
  requests,
  times,
];
