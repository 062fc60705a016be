import { absentPlatform } from '../../images/recipe.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, platformText, pointers } from '../common.js';

const refused = (id: string, title: string, platform: string) => ({
  id: `platform-${id}`,
  title,
  ...asDockerd(['inspect-platform'], 'docs/reference/behavior/http.md#platforms'),
  why: 'Falling back to another platform would describe the wrong image.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.get(`/images/${t.image('multi').name}/json`, { query: { platform } })).error(400);
  },
});

/** The `platform` parameter of inspect. */
export const platform: readonly Requirement[] = requirements(
  {
    operationId: 'ImageInspect',
    features: ['inspect-platform'],
    pointer: `${pointers.inspect}/parameters/2`,
    images: ['multi'],
  },
  [
    {
      id: 'platform-each',
      title: 'each platform of an index is described by its own config',
      why: 'Platforms differ in layers, environment and entry point.',
      async check(t) {
        const { images, name } = t.image('multi');
        for (const { platform: wanted, diffIds, document } of images) {
          const answer = await t.api.get(`/images/${name}/json`, { query: { platform: platformText(wanted) } });
          const image = answer.status(200).json();
          image.at('Architecture').is(wanted.architecture);
          image.at('Os').is(wanted.os);
          image.at('RootFS', 'Layers').is(diffIds);
          image.at('Config', 'Labels').is((document.config as { Labels: unknown }).Labels);
        }
      },
    },
    {
      id: 'platform-variant',
      title: 'Variant and OsVersion are those of the platform',
      level: 'SHOULD',
      why: 'arm v6 and v7, and Windows builds, differ in nothing else.',
      async check(t) {
        const query = { platform: platformText({ os: 'linux', architecture: 'arm', variant: 'v6' }) };
        (await t.api.get(`/images/${t.image('multi').name}/json`, { query })).status(200).json().at('Variant').is('v6');
      },
    },
    {
      id: 'platform-absent',
      title: 'a platform that the image does not have is answered 404',
      why: 'Clients then pull that platform.',
      async check(t) {
        const query = { platform: platformText(absentPlatform(t.host)) };
        (await t.api.get(`/images/${t.image('multi').name}/json`, { query })).error(404);
      },
    },
    {
      id: 'platform-strict',
      title: 'a newer variant than the image has is answered 404',
      level: 'SHOULD',
      why: 'Inspect describes what is there, not what would run.',
      async check(t) {
        const query = { platform: platformText({ os: 'linux', architecture: 'arm64', variant: 'v9' }) };
        (await t.api.get(`/images/${t.image('multi').name}/json`, { query })).error(404);
      },
    },
    {
      id: 'platform-empty',
      title: 'an empty platform is the same as none',
      why: 'Clients send the parameter with an empty default.',
      async check(t) {
        const { name, root } = t.image('multi');
        (await t.api.get(`/images/${name}/json`, { query: { platform: '' } }))
          .status(200)
          .json()
          .at('Id')
          .is(root.digest);
      },
    },
    refused('string-form', 'os/arch text is refused', 'linux/amd64'),
    refused('malformed', 'JSON that ends early is refused', '{"os":'),
    refused('incomplete', 'a platform without architecture is refused', '{"os":"linux"}'),
    refused('empty-object', 'a platform without os and architecture is refused', '{}'),
  ],
);
