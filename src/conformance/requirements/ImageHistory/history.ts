import { demand, type Shape, same } from '../../expect.js';
import { created } from '../../images/kit.js';
import { absentPlatform } from '../../images/recipe.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, familiar, platformText, pointers } from '../common.js';

interface Step {
  readonly created_by: string;
  readonly comment: string;
  readonly empty_layer?: boolean;
}

/** Steps of an image's config, newest first as history has them. */
function steps(t: CheckContext, name: RecipeName, i = 0): readonly Step[] {
  return [...((t.image(name).images[i]?.document.history as readonly Step[]) ?? [])].reverse();
}

const history = async (t: CheckContext, name: RecipeName): Promise<Shape[]> =>
  (await t.api.get(`/images/${t.image(name).name}/history`)).status(200).json().array();

/** The history of an image. */
export const imageHistory: readonly Requirement[] = requirements(
  { operationId: 'ImageHistory', features: ['images'], pointer: pointers.history, images: ['basic'] },
  [
    {
      id: 'newest-first',
      title: 'steps come newest first',
      why: 'Readers look for the last instruction at the top.',
      async check(t) {
        const commands = (await history(t, 'basic')).map((step) => step.at('CreatedBy').value);
        same(
          commands,
          steps(t, 'basic').map(({ created_by }) => created_by),
          'CreatedBy of the steps',
        );
      },
    },
    {
      id: 'comment',
      title: 'each step has its comment',
      level: 'SHOULD',
      why: 'It names the builder.',
      async check(t) {
        for (const step of await history(t, 'basic')) step.at('Comment').is('suite');
      },
    },
    {
      id: 'created',
      title: 'Created is the date of the step in seconds',
      why: 'Clients show how old a layer is.',
      async check(t) {
        for (const step of await history(t, 'basic')) step.at('Created').is(Date.parse(created) / 1000);
      },
    },
    {
      id: 'id-of-newest',
      title: 'the newest step has the id of the image',
      why: 'It ties the history to the image.',
      async check(t) {
        const id = (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200).json().at('Id').string();
        (await history(t, 'basic'))[0]?.at('Id').is(id);
      },
    },
    {
      id: 'id-of-others',
      title: 'older steps have the id <missing>',
      level: 'SHOULD',
      why: 'Intermediate images are not kept.',
      async check(t) {
        for (const step of (await history(t, 'basic')).slice(1)) step.at('Id').is('<missing>');
      },
    },
    {
      id: 'tags',
      title: 'the newest step has the tags of the image',
      images: ['two-names'],
      why: 'Clients show where tags sit.',
      async check(t) {
        const [newest] = await history(t, 'two-names');
        const tags =
          newest
            ?.at('Tags')
            .array()
            .map(({ value }) => familiar(value)) ?? [];
        same([...tags].sort(), [...t.image('two-names').names].sort(), 'Tags of the newest step');
      },
    },
    {
      id: 'size-empty-layer',
      title: 'a step without a layer has size 0',
      why: 'Sizes are added up.',
      async check(t) {
        (await history(t, 'basic'))[0]?.at('Size').is(0);
      },
    },
    {
      id: 'size-layer',
      title: 'a step with a layer has a size that is not negative',
      why: 'Sizes are added up.',
      async check(t) {
        for (const step of await history(t, 'basic')) {
          const size = step.at('Size').number();
          demand(size >= 0, `${step.place}.Size`, 'not negative', size);
        }
      },
    },
    {
      id: 'unknown-image',
      title: 'an image that is not there is answered 404',
      pointer: '+/responses/404',
      images: [],
      why: 'Clients pull on 404.',
      async check(t) {
        (await t.api.get(`/images/${t.scratch('none')}/history`)).error(404);
      },
    },
    {
      id: 'platform',
      title: 'a platform gives its own history',
      features: ['platforms'],
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'Platforms are built by different steps.',
      async check(t) {
        const { images, name } = t.image('multi');
        for (const [i, { platform }] of images.entries()) {
          const answer = await t.api.get(`/images/${name}/history`, { query: { platform: platformText(platform) } });
          const commands = answer
            .status(200)
            .json()
            .array()
            .map((step) => step.at('CreatedBy').value);
          same(
            commands,
            steps(t, 'multi', i).map(({ created_by }) => created_by),
            `history for ${platformText(platform)}`,
          );
        }
      },
    },
    {
      id: 'platform-absent',
      title: 'a platform that the image does not have is answered 404',
      features: ['platforms'],
      pointer: '+/parameters/1',
      images: ['multi'],
      why: "Another platform's history would mislead.",
      async check(t) {
        const query = { platform: platformText(absentPlatform(t.host)) };
        (await t.api.get(`/images/${t.image('multi').name}/history`, { query })).error(404);
      },
    },
    {
      id: 'platform-malformed',
      title: 'a platform that is not JSON is refused',
      ...asDockerd(['platforms'], 'docs/reference/behavior/http.md#platforms'),
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'Falling back to another platform would mislead.',
      async check(t) {
        (await t.api.get(`/images/${t.image('multi').name}/history`, { query: { platform: 'linux/amd64' } })).error(
          400,
        );
      },
    },
    {
      id: 'platform-below-1.48',
      title: 'below API 1.48 the platform is ignored',
      features: ['platforms'],
      images: ['multi'],
      level: 'SHOULD',
      why: 'Parameters of later versions have no meaning in earlier ones.',
      async check(t) {
        const call = { query: { platform: 'no platform' }, version: '1.47' };
        (await t.api.get(`/images/${t.image('multi').name}/history`, call)).status(200);
      },
    },
  ],
);
