import { expect } from 'chai';
import fc from 'fast-check';
import {
  familiarMatch,
  familiarString,
  formatReference,
  parseAnyReference,
  parseDockerReference,
  parseReference,
  refNameAnnotation,
  tagNameOnly,
  truncatedId,
  withTag,
} from '../../src/oci/reference.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

const hex = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('an image reference', () => {
  const forms: readonly [text: string, full: string, familiar: string][] = [
    ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['busybox:1', 'docker.io/library/busybox:1', 'busybox:1'],
    ['index.docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['docker.io/library/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['library/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['docker.io/library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
    ['me/app', 'docker.io/me/app:latest', 'me/app:latest'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
    ['host:5000/app:T.a-g', 'host:5000/app:T.a-g', 'host:5000/app:T.a-g'],
    ['HOST/app', 'HOST/app:latest', 'HOST/app:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest'],
    ['a__b/c--d.e_f', 'docker.io/a__b/c--d.e_f:latest', 'a__b/c--d.e_f:latest'],
    [`app@sha256:${hex}`, `docker.io/library/app@sha256:${hex}`, `app@sha256:${hex}`],
    [`app:1@sha256:${hex}`, `docker.io/library/app:1@sha256:${hex}`, `app:1@sha256:${hex}`],
  ];
  for (const [text, full, familiar] of forms)
    it(`${text} is ${full}`, () => {
      const reference = tagNameOnly(parseReference(text));
      expect(formatReference(reference)).to.equal(full);
      expect(familiarString(reference)).to.equal(familiar);
    });

  const faults: readonly [text: string, message: string, code?: string][] = [
    ['', 'invalid reference format'],
    ['UPPER', 'invalid reference format: repository name (library/UPPER) must be lowercase'],
    ['host/UPPER:x', 'invalid reference format: repository name (host/UPPER) must be lowercase'],
    [hex, `invalid repository name (${hex}), cannot specify 64-byte hexadecimal strings`],
    ['a'.repeat(248), 'repository name must not be more than 255 characters'],
    ['a b', 'invalid reference format'],
    ['a..b', 'invalid reference format'],
    ['-a', 'invalid reference format'],
    ['a:', 'invalid reference format'],
    [`a:${'t'.repeat(129)}`, 'invalid reference format'],
    ['a@sha256:abc', 'invalid reference format'],
    [`a@sha256:${'a'.repeat(63)}`, 'invalid checksum digest length', 'INVALID_DIGEST'],
    [`a@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm', 'INVALID_DIGEST'],
  ];
  for (const [text, message, code = 'INVALID_REFERENCE'] of faults)
    it(`is refused as '${text.slice(0, 40)}'`, () => {
      expect(() => parseReference(text))
        .to.throw(AttestdError, message)
        .with.property('code', code);
    });

  it('may be a digest or a whole image ID', () => {
    expect(parseAnyReference(hex)).to.deep.equal({ digest: `sha256:${hex}` });
    expect(parseAnyReference(`sha256:${hex}`)).to.deep.equal({ digest: `sha256:${hex}` });
    expect(parseAnyReference('sha256:abcd')).to.deep.include({ path: 'library/sha256', tag: 'abcd' });
  });

  it('loses its tag in an archive when it has a digest', () => {
    expect(formatReference(parseDockerReference(`app:1@sha256:${hex}`))).to.equal(
      `docker.io/library/app@sha256:${hex}`,
    );
    expect(formatReference(parseDockerReference('app'))).to.equal('docker.io/library/app:latest');
  });

  it('takes another tag only when that is one', () => {
    expect(formatReference(withTag(parseReference('a:1'), 'v2'))).to.equal('docker.io/library/a:v2');
    expect(() => withTag(parseReference('a'), 'a/b')).to.throw(AttestdError, 'invalid tag format');
  });

  it('is a shortened ID from four hex digits on', () => {
    expect(truncatedId('abcd')).to.equal('abcd');
    expect(truncatedId(`sha256:${hex}`)).to.equal(hex);
    for (const text of ['abc', 'ABCD', 'sha256:', `${hex}a`, 'ghij']) expect(truncatedId(text)).to.equal(undefined);
  });

  it('reads back from its full form', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?$/);
    const tag = fc.option(fc.stringMatching(/^[\w][\w.-]{0,20}$/), { nil: undefined });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), tag, (parts, tag) => {
        const text = parts.join('/') + (tag === undefined ? '' : `:${tag}`);
        fc.pre(!/^[a-f0-9]{64}$/.test(text));
        const reference = parseReference(text);
        expect(parseReference(formatReference(reference))).to.deep.equal(reference);
        expect(parseReference(familiarString(reference))).to.deep.equal(reference);
      }),
    );
  });
});

describe('the annotation org.opencontainers.image.ref.name', () => {
  const names: readonly [string, string][] = [
    ['docker.io/library/app:latest', 'latest'],
    ['localhost:5000/app:1', '1'],
    ['app:1', 'app:1'],
    ['docker.io/library/app', 'docker.io/library/app'],
    [`docker.io/library/app@sha256:${hex}`, `docker.io/library/app@sha256:${hex}`],
    ['not a/name:x', 'not a/name:x'],
  ];
  for (const [name, annotation] of names)
    it(`of ${name} is ${annotation}`, () => {
      expect(refNameAnnotation(name)).to.equal(annotation);
    });
});

describe('a reference pattern', () => {
  const cases: readonly [pattern: string, matches: boolean][] = [
    ['app', true],
    ['app:1.2', true],
    ['ap*', true],
    ['a?p:*', true],
    ['[a-c]pp', true],
    ['[^a-c]pp', false],
    ['app:\\1.2', true],
    ['*', true],
    ['*/*', false],
    ['docker.io/library/app', false],
    ['App', false],
  ];
  for (const [pattern, matches] of cases)
    it(`${pattern} ${matches ? 'matches' : 'does not match'} app:1.2`, () => {
      expect(familiarMatch(pattern, parseReference('app:1.2'))).to.equal(matches);
    });

  it('does not let a star cross a slash', () => {
    expect(familiarMatch('m*p', parseReference('me/app'))).to.equal(false);
    expect(familiarMatch('me/*', parseReference('me/app'))).to.equal(true);
  });

  for (const pattern of ['[', '[]', '[a', '[a-]', '[-a]', 'a\\'])
    it(`${pattern} is malformed`, () => {
      expect(() => familiarMatch(pattern, parseReference('app')))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
    });

  it('takes no exponential time', () => {
    expect(familiarMatch(`${'*a'.repeat(60)}b`, parseReference('a'.repeat(200)))).to.equal(false);
  });
});
