import { expect } from 'chai';
import { announces, deprecatedValues } from '../../src/spec/diff-deprecation.js';

/** Texts that deprecate the member that they describe. They follow the forms of published descriptions. */
const deprecations = [
  'Deprecated: use `Size`.',
  'DEPRECATED. Use `Size`.',
  '**Deprecated**: use `Size`.',
  'Deprecated since API v1.44.',
  'Deprecated in API v1.44 and up.',
  'Deprecated in favor of `Size`.',
  'Deprecated, use `Size`.',
  'The size.\n\n> **Deprecated**: this field is never set.\n',
  'The size.\n\n<p><br /></p>\n\n> **Deprecated**: the module is loaded\n> on demand.\n',
  'The size. Deprecated: the value is always 0.',
  'This field is deprecated.',
  'This field is now deprecated.',
  'This field was deprecated in Docker 1.9.',
  'This field has been deprecated since 1.9.',
  'This parameter is deprecated and has another name.',
  'This option is marked as deprecated.',
  'This property is considered deprecated.',
  'These fields are deprecated.',
  'It is deprecated as of v1.23.',
  'The option is deprecated.',
  'The field is deprecated.',
  'This endpoint is deprecated and will be removed in a future version.',
  'This field will be removed in API v1.49.',
  'This field will be removed in a API v1.49.',
  'It must not be used, and will be removed in API v1.50.',
  'This field will be omitted in a future API version.',
  'This field will no longer be returned in API v1.52.',
  'This header will be dropped in the next version.',
  'It will be omitted once the builder is gone.',
  'This field is scheduled for removal.',
  'This filter is scheduled to be removed.',
];

/** Texts that mention an end or a deprecation of something else. */
const others = [
  'Not deprecated.',
  'This field is not deprecated.',
  'This field is no longer deprecated.',
  'This field was never deprecated.',
  'An array will be returned.',
  'An empty array will be returned if no container matches.',
  'Values that are empty will be omitted.',
  'The container will be removed when it exits.',
  'The container will be removed in the next step.',
  'The author from the `MAINTAINER` instruction (deprecated).',
  'Set through MAINTAINER, which is deprecated, or by a flag.',
  'A 400 error will be returned with a message.',
  'Includes deprecated plugins.',
  'Whether to list deprecated images.',
  'The state. It will be returned by the inspect command.',
  'This field will be omitted if it is empty.',
  'This field will be returned only with `verbose`.',
  'Kernel memory was deprecated by the kernel.',
  'Deprecated fields are listed below.',
  'Using the API without a version prefix is deprecated.',
  'The volume will be removed once the last container is gone.',
  'Warnings about deprecated settings.',
  'Time at which the image will be removed.',
  'The image will no longer be returned by the list.',
  'Replaces a deprecated option.',
  'Cgroups v1 is deprecated on this host.',
  'These volumes will be removed with the container.',
  'If set, the network will be removed in API tests.',
  '- `1` is the first generation (deprecated) builder',
  'Use it instead of the deprecated `Size` field.',
];

describe('announces', () => {
  it('has a corpus of 60 texts', () => {
    expect(deprecations.length + others.length).to.be.at.least(60);
  });

  for (const text of deprecations) {
    it(`is true for ${JSON.stringify(text)}`, () => expect(announces(text)).to.equal(true));
  }

  for (const text of others) {
    it(`is false for ${JSON.stringify(text)}`, () => expect(announces(text)).to.equal(false));
  }
});

describe('deprecatedValues', () => {
  it('finds the values that a text calls deprecated', () => {
    const text =
      'Filters:\n- `automated=(true|false)` (deprecated, see below)\n- `stars=N`\n\nThe `official` filter is deprecated.';
    expect(deprecatedValues(text)).to.deep.equal(['automated', 'official']);
  });

  it('ignores a value that is not deprecated any more', () => {
    expect(deprecatedValues('The `official` filter is no longer deprecated.')).to.deep.equal([]);
  });
});
