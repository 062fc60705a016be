import { demand } from '../../expect.js';
import type { Platform } from '../../images/kit.js';
import { absentPlatform, foreignPlatform } from '../../images/recipe.js';
import { manyPlatforms } from '../../images/recipes-sound.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestationsOf, attestedOf, lists, platformText, pointers } from '../common.js';

/** Ask for a platform of the `multi` image and demand the attestations of the given one. */
async function gives(
  t: CheckContext,
  asked: string | Partial<Platform>,
  wanted: (platform: Platform) => boolean,
): Promise<void> {
  const image = t.image('multi');
  const i = manyPlatforms(t.host).findIndex(wanted);
  const platform = typeof asked === 'string' ? asked : platformText(asked);
  const answer = await t.api.get(attestationsOf(image.name), { query: { platform } });
  lists(answer, attestedOf(image, i).layers, `platform=${platform}`);
}

const is = (architecture: string, variant?: string) => (platform: Platform) =>
  platform.os === 'linux' && platform.architecture === architecture && platform.variant === variant;

/** Parameter values that are not a platform. */
const malformed = (id: string, title: string, platform: string, level: 'MUST' | 'SHOULD' = 'MUST') => ({
  id: `platform-${id}`,
  title,
  level,
  why: 'Falling back to another platform would attest the wrong image.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.get(attestationsOf(t.image('multi').name), { query: { platform } })).error(400);
  },
});

/** The `platform` parameter. */
export const platform: readonly Requirement[] = requirements(
  {
    operationId: 'ImageAttestations',
    features: ['attestations'],
    pointer: `${pointers.attestations}/parameters/1`,
    images: ['multi'],
  },
  [
    {
      id: 'platform-default',
      title: "without a platform the attestations are those of the daemon's own",
      why: 'That is the image which the daemon would run.',
      async check(t) {
        const image = t.image('multi');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'platform-empty',
      title: "an empty platform is the daemon's own",
      why: 'Clients send the parameter with an empty default.',
      check: (t) =>
        gives(
          t,
          '',
          (platform) => platform === manyPlatforms(t.host)[0] || is(t.host.architecture, t.host.variant)(platform),
        ),
    },
    {
      id: 'platform-each',
      title: 'each platform of an index gives its own attestations',
      why: 'Attestations of another platform vouch for other content.',
      async check(t) {
        const image = t.image('multi');
        for (const [i, platform] of manyPlatforms(t.host).entries()) {
          const query = { platform: platformText(platform) };
          lists(await t.api.get(attestationsOf(image.name), { query }), attestedOf(image, i).layers, query.platform);
        }
      },
    },
    {
      id: 'platform-variant',
      title: 'arm v6 gives v6 and not v7',
      why: 'The variants hold different binaries.',
      check: (t) => gives(t, { os: 'linux', architecture: 'arm', variant: 'v6' }, is('arm', 'v6')),
    },
    {
      id: 'platform-arm-default-variant',
      title: 'arm without a variant is v7',
      level: 'SHOULD',
      why: 'It is what image tools mean by arm.',
      check: (t) => gives(t, { os: 'linux', architecture: 'arm' }, is('arm', 'v7')),
    },
    {
      id: 'platform-arm64-default-variant',
      title: 'arm64 without a variant is v8',
      why: 'It is what image tools mean by arm64.',
      check: (t) => gives(t, { os: 'linux', architecture: 'arm64' }, is('arm64', 'v8')),
    },
    {
      id: 'platform-alias-aarch64',
      title: 'aarch64 is arm64',
      level: 'SHOULD',
      why: 'uname says aarch64, images say arm64.',
      check: (t) => gives(t, { os: 'linux', architecture: 'aarch64' }, is('arm64', 'v8')),
    },
    {
      id: 'platform-alias-x86-64',
      title: 'x86_64 is amd64',
      level: 'SHOULD',
      why: 'uname says x86_64, images say amd64.',
      check: (t) => gives(t, { os: 'linux', architecture: 'x86_64' }, is('amd64')),
    },
    {
      id: 'platform-newer-variant',
      title: 'amd64/v3 is served by an image for amd64',
      level: 'SHOULD',
      why: 'A newer processor runs what was built for an older one.',
      check: (t) => gives(t, { os: 'linux', architecture: 'amd64', variant: 'v3' }, is('amd64')),
    },
    {
      id: 'platform-windows-build',
      title: 'a Windows version selects by its build number',
      level: 'SHOULD',
      why: 'Windows images run on hosts of the same build.',
      check: (t) =>
        gives(
          t,
          { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.999' },
          ({ os }) => os === 'windows',
        ),
    },
    {
      id: 'platform-windows-other-build',
      title: 'another Windows build is not found',
      level: 'SHOULD',
      why: 'Windows images run on hosts of the same build.',
      async check(t) {
        const platform = platformText({ os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1' });
        (await t.api.get(attestationsOf(t.image('multi').name), { query: { platform } })).error(404);
      },
    },
    {
      id: 'platform-unknown-field',
      title: 'members of a platform that are not known are ignored',
      level: 'SHOULD',
      why: 'The OCI platform may gain members.',
      check: (t) => gives(t, JSON.stringify({ os: 'linux', architecture: 'arm64', future: 1 }), is('arm64', 'v8')),
    },
    {
      id: 'platform-whitespace',
      title: 'whitespace around the JSON is ignored',
      level: 'SHOULD',
      why: 'It is JSON.',
      check: (t) => gives(t, ' {"os": "linux",\n"architecture": "arm64"} ', is('arm64', 'v8')),
    },
    {
      id: 'platform-absent',
      title: 'a platform that the image does not have is answered 404',
      why: 'An empty list would read as an image without attestations.',
      async check(t) {
        const platform = platformText(absentPlatform(t.host));
        (await t.api.get(attestationsOf(t.image('multi').name), { query: { platform } })).error(404);
      },
    },
    {
      id: 'platform-absent-named',
      title: 'that answer names the platform',
      level: 'SHOULD',
      why: 'The user sees what was looked for.',
      async check(t) {
        const absent = absentPlatform(t.host);
        const query = { platform: platformText(absent) };
        const message = (await t.api.get(attestationsOf(t.image('multi').name), { query })).error(404);
        demand(message.includes(absent.architecture), 'message', `the name ${absent.architecture}`, message);
      },
    },
    {
      id: 'platform-not-the-host',
      title: "an image without the daemon's platform is answered 404 by default",
      images: ['foreign'],
      why: "The default platform is the daemon's; attestations of another one must not stand in.",
      async check(t) {
        (await t.api.get(attestationsOf(t.image('foreign').name))).error(404);
      },
    },
    {
      id: 'platform-not-the-host-named',
      title: "an image without the daemon's platform gives attestations when its own is named",
      images: ['foreign'],
      why: 'Attestations can be read wherever the image is stored.',
      async check(t) {
        const image = t.image('foreign');
        const query = { platform: platformText(foreignPlatform(t.host)) };
        lists(await t.api.get(attestationsOf(image.name), { query }), attestedOf(image).layers);
      },
    },
    malformed('string-form', 'os/arch text is refused', 'linux/amd64'),
    malformed('truncated', 'JSON that ends early is refused', '{"os":"linux","architecture":"amd64"'),
    malformed('trailing', 'text after the JSON is refused', '{"os":"linux","architecture":"amd64"}x'),
    malformed('array', 'a JSON array is refused', '[{"os":"linux","architecture":"amd64"}]'),
    malformed('number', 'a JSON number is refused', '1'),
    malformed('wrong-type', 'a member of the wrong type is refused', '{"os":1,"architecture":"amd64"}'),
    malformed('empty-object', 'a platform without os and architecture is refused', '{}'),
    malformed('os-only', 'a platform without architecture is refused', '{"os":"linux"}'),
    malformed('architecture-only', 'a platform without os is refused', '{"architecture":"amd64"}'),
    malformed('variant-only', 'a platform of a variant alone is refused', '{"variant":"v8"}'),
    malformed('null', 'null is refused', 'null', 'SHOULD'),
    {
      id: 'platform-two',
      title: 'two platforms are refused',
      why: 'One answer cannot say which entries belong to which platform.',
      async check(t) {
        const platform = manyPlatforms(t.host).slice(0, 2).map(platformText);
        (await t.api.get(attestationsOf(t.image('multi').name), { query: { platform } })).error(400);
      },
    },
    {
      id: 'platform-two-equal',
      title: 'one platform given twice is refused',
      level: 'SHOULD',
      why: 'The rule is one value, whatever it says.',
      async check(t) {
        const platform = [platformText(t.host), platformText(t.host)];
        (await t.api.get(attestationsOf(t.image('multi').name), { query: { platform } })).error(400);
      },
    },
    {
      id: 'platform-before-image',
      title: 'a bad platform of an unknown image is answered 400',
      level: 'SHOULD',
      images: [],
      why: 'The request is wrong whether or not the image exists.',
      async check(t) {
        const path = attestationsOf(t.scratch('none'));
        (await t.api.get(path, { query: { platform: 'bad' } })).error(400);
      },
    },
    {
      id: 'platform-with-type',
      title: 'platform and type narrow the answer together',
      why: 'It is the request that policy engines make.',
      async check(t) {
        const image = t.image('multi');
        const query = { platform: platformText(t.host), type: 'https://spdx.dev/Document' };
        lists(await t.api.get(attestationsOf(image.name), { query }), attestedOf(image).layers.slice(1, 2));
      },
    },
    {
      id: 'platform-plain-manifest',
      title: 'an image without an index has no attestations for any platform',
      level: 'SHOULD',
      images: ['plain'],
      why: 'There is no index to look the platform up in.',
      async check(t) {
        const query = { platform: platformText(absentPlatform(t.host)) };
        (await t.api.get(attestationsOf(t.image('plain').name), { query })).status(200).json().is([]);
      },
    },
  ],
);
