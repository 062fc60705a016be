import { expect } from 'chai';
import fc from 'fast-check';
import type { Platform } from '../../src/oci/descriptor.js';
import {
  anyOf,
  formatPlatform,
  formatPlatformAll,
  normalizePlatform,
  only,
  onlyStrict,
  parsePlatform,
} from '../../src/oci/platform.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

/** `os/arch/variant`, taken apart without any normalisation. */
function platform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant && { variant }) };
}

/** The candidates that match, in the matcher's order. */
function select(wanted: string, candidates: string, strict = false): string {
  const matcher = strict ? onlyStrict(platform(wanted)) : only(platform(wanted));
  return candidates
    .split(' ')
    .filter((c) => matcher.match(platform(c)))
    .sort((a, b) => (matcher.less(platform(a), platform(b)) ? -1 : matcher.less(platform(b), platform(a)) ? 1 : 0))
    .join(' ');
}

const all =
  'linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm/v8 linux/arm linux/arm64 linux/arm64/v8.1 linux/arm64/v8.5 ' +
  'linux/arm64/v9 linux/arm64/v9.2 linux/386 linux/amd64 linux/amd64/v1 linux/amd64/v2 linux/amd64/v3 linux/riscv64 ' +
  'darwin/arm64 windows/amd64 unknown/unknown';

describe('loose platform matching', () => {
  const cases: readonly [wanted: string, selected: string][] = [
    ['linux/amd64', 'linux/amd64 linux/amd64/v1 linux/386'],
    ['linux/amd64/v3', 'linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/amd64/v1 linux/386'],
    ['Linux/x86_64', 'linux/amd64 linux/amd64/v1 linux/386'],
    ['linux/386', 'linux/386'],
    ['linux/arm', 'linux/arm/v7 linux/arm linux/arm/v6 linux/arm/v5'],
    ['linux/arm/v6', 'linux/arm/v6 linux/arm/v5'],
    ['linux/arm/v5', 'linux/arm/v5'],
    ['linux/arm/v8', 'linux/arm/v8 linux/arm/v7 linux/arm linux/arm/v6 linux/arm/v5'],
    ['linux/armhf', 'linux/arm/v7 linux/arm linux/arm/v6 linux/arm/v5'],
    ['linux/aarch64', 'linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm linux/arm/v6 linux/arm/v5'],
    [
      'linux/arm64/v9',
      'linux/arm64/v9 linux/arm64/v8.5 linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm linux/arm/v6 linux/arm/v5',
    ],
    ['linux/arm64/v10', ''],
    ['linux/riscv64', 'linux/riscv64'],
    ['unknown/unknown', 'unknown/unknown'],
    ['macOS/arm64', 'darwin/arm64'],
  ];
  for (const [wanted, selected] of cases)
    it(`for ${wanted} selects ${selected || 'nothing'}`, () => {
      expect(select(wanted, all)).to.equal(selected);
    });

  it('selects its own platform first, whatever it is', () => {
    const any = fc.record({
      os: fc.constantFrom('linux', 'windows', 'darwin'),
      architecture: fc.constantFrom('amd64', '386', 'arm', 'arm64', 's390x'),
      variant: fc.constantFrom('', 'v5', 'v6', 'v7', 'v8', 'v9', 'v2', 'v8.3'),
    });
    fc.assert(
      fc.property(any, any, (wanted, other) => {
        const matcher = only(wanted);
        fc.pre(wanted.architecture !== 'arm64' || /^$|^v[89]/.test(wanted.variant));
        expect(matcher.match(wanted)).to.equal(true);
        expect(matcher.less(other, wanted)).to.equal(false);
        expect(onlyStrict(wanted).match(other) && !matcher.match(other)).to.equal(false);
      }),
    );
  });
});

describe('strict platform matching', () => {
  it('takes other spellings but no other variants', () => {
    expect(select('linux/amd64/v1', all, true)).to.equal('linux/amd64 linux/amd64/v1');
    expect(select('linux/arm64/v8', all, true)).to.equal('linux/arm64');
    expect(select('linux/arm', all, true)).to.equal('linux/arm/v7 linux/arm');
    expect(select('linux/amd64/v2', all, true)).to.equal('linux/amd64/v2');
  });
});

describe('Windows versions', () => {
  const matches = (host: string, image: string): boolean =>
    only({ os: 'windows', architecture: 'amd64', 'os.version': host }).match({
      os: 'windows',
      architecture: 'amd64',
      'os.version': image,
    });

  it('must be the same build before Server 2022', () => {
    expect(matches('10.0.17763.1', '10.0.17763.999')).to.equal(true);
    expect(matches('10.0.17763.1', '10.0.17134.1')).to.equal(false);
  });

  it('may be any build since the long-term release before the host', () => {
    expect(matches('10.0.26100.1', '10.0.20348.1')).to.equal(true);
    expect(matches('10.0.27000.1', '10.0.20348.1')).to.equal(false);
    expect(matches('10.0.20348.1', '10.0.26100.1')).to.equal(false);
    expect(matches('10.0.20348.1', '10.0.17763.1')).to.equal(false);
  });

  it('match anything when they are not known', () => {
    expect(matches('', '10.0.17763.1')).to.equal(true);
    expect(matches('ten', '10.0.17763.1')).to.equal(true);
    expect(matches('10.0.17763.1', '')).to.equal(true);
  });
});

describe('system features', () => {
  const with_ = (...features: string[]): Platform => ({ os: 'linux', architecture: 'amd64', 'os.features': features });

  it('of the image must be a subset', () => {
    expect(only(with_('a', 'b')).match(with_('b'))).to.equal(true);
    expect(only(with_('a')).match(with_('b'))).to.equal(false);
    expect(only(with_()).match(with_('a'))).to.equal(false);
    expect(only({ ...with_(), os: 'windows' }).match({ ...with_('win32k'), os: 'windows' })).to.equal(true);
  });

  it('decide between equal platforms', () => {
    expect(only(with_('a', 'b')).less(with_('a'), with_())).to.equal(true);
  });
});

describe('a list of platforms', () => {
  it('matches all when it is empty, and prefers the host', () => {
    const host = only(platform('linux/amd64'));
    expect(anyOf([], host).match(platform('linux/s390x'))).to.equal(true);
    expect(anyOf([platform('linux/arm64')], host).match(platform('linux/amd64'))).to.equal(false);
    expect(anyOf([], host).less(platform('linux/amd64'), platform('linux/s390x'))).to.equal(true);
  });
});

describe('the text of a platform', () => {
  it('is os/arch/variant', () => {
    expect(formatPlatform(platform('linux/arm64/v8'))).to.equal('linux/arm64/v8');
    expect(formatPlatform(platform('linux/amd64'))).to.equal('linux/amd64');
    expect(formatPlatform({ os: '', architecture: 'amd64' })).to.equal('unknown');
    expect(
      formatPlatformAll({
        os: 'windows',
        architecture: 'amd64',
        'os.version': '10.0.1',
        'os.features': ['b', 'a+', 'b'],
      }),
    ).to.equal('windows(10.0.1+a%2B+b)/amd64');
  });

  const parsed: readonly [string, string][] = [
    ['linux/amd64', 'linux/amd64'],
    ['linux', 'linux/s390x'],
    ['arm64', 'linux/arm64'],
    ['aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64/v8'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm', 'linux/arm'],
    ['armel', 'linux/arm/v6'],
    ['macOS/amd64', 'darwin/amd64'],
    ['windows(10.0.17763+win32k)/amd64', 'windows(10.0.17763+win32k)/amd64'],
  ];
  for (const [text, result] of parsed)
    it(`${text} is read as ${result}`, () => {
      expect(formatPlatformAll(parsePlatform(text, platform('linux/s390x')))).to.equal(result);
    });

  for (const text of ['', '*', 'nonsense', 'linux/', 'linux/a b', 'linux/arm/v7/x', 'linux(%zz)/amd64'])
    it(`is refused as '${text}'`, () => {
      expect(() => parsePlatform(text))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_PLATFORM');
    });

  it('is normalised only once', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('x86_64', 'ARM', 'armhf', 'arm64'), fc.string(), (os, arch, variant) => {
        const once = normalizePlatform({ os, architecture: arch, variant });
        expect(normalizePlatform(once)).to.deep.equal(once);
      }),
    );
  });
});
