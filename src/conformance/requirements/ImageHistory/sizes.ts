import { demand, type Shape, same } from '../../expect.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';

const steps = async (t: CheckContext, name: string): Promise<readonly Shape[]> =>
  (await t.api.get(`/images/${name}/history`)).status(200).json().array();

const of = (t: CheckContext, recipe: RecipeName): Promise<readonly Shape[]> => steps(t, t.image(recipe).name);

const item = '/definitions/ImageHistoryResponseItem';

/** Sizes of steps, and what each step has. */
export const historySizes: readonly Requirement[] = requirements(
  { operationId: 'ImageHistory', features: ['images'], pointer: pointers.history, images: ['basic'] },
  [
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/produces',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        (await t.api.get(`/images/${t.image('basic').name}/history`)).status(200).mediaType('application/json');
      },
    },
    {
      id: 'size-of-files',
      title: 'the step of a layer with a file has a size above 0',
      pointer: `${item}/properties/Size`,
      why: 'Readers look for the step that made the image large.',
      async check(t) {
        const layers = (await of(t, 'basic')).slice(1);
        same(layers.length, 2, 'steps below the newest');
        for (const step of layers)
          demand(step.at('Size').number() > 0, `${step.place}.Size`, 'above 0', step.at('Size').value);
      },
    },
    {
      id: 'size-unpacked',
      title: 'the size of a step is at least that of the files that it made',
      pointer: `${item}/properties/Size`,
      images: ['program'],
      why: 'Sizes are compared with the room on a disk.',
      async check(t) {
        const [, , below] = await of(t, 'program');
        // The test program has 5 KB or more on each architecture.
        demand(
          (below?.at('Size').number() ?? 0) > 4000,
          'Size of the layer with the program',
          'above 4000',
          below?.value,
        );
      },
    },
    {
      id: 'members',
      title: 'each step has all members, of their types',
      pointer: `${item}/required`,
      why: 'Clients with types break on what is missing.',
      async check(t) {
        for (const step of await of(t, 'basic')) {
          step.at('Id').string();
          step.at('CreatedBy').string();
          step.at('Comment').string();
          step.at('Created').number();
          step.at('Size').number();
          demand(step.at('Tags').present, `${step.place}.Tags`, 'a list or null', step.at('Tags').value);
        }
      },
    },
    {
      id: 'tags-of-others',
      title: 'older steps have no tags',
      ...asDockerd(['images'], 'docs/reference/behavior/images.md#image-history'),
      pointer: `${item}/properties/Tags`,
      why: 'They are no images.',
      async check(t) {
        for (const step of (await of(t, 'basic')).slice(1)) same(step.at('Tags').value ?? [], [], `${step.place}.Tags`);
      },
    },
    {
      id: 'by-id',
      title: 'the history by id is the history by name',
      pointer: '+/parameters/0',
      why: 'Clients keep ids.',
      async check(t) {
        const id = (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200).json().at('Id').string();
        const told = (list: readonly Shape[]) =>
          list.map((step) => [step.at('CreatedBy').value, step.at('Size').value]);
        same(told(await steps(t, id)), told(await of(t, 'basic')), 'steps by id');
      },
    },
    {
      id: 'count',
      title: 'there is one step for each of the configuration, of an image without an index too',
      pointer: '+/responses/200',
      images: ['basic', 'plain'],
      why: 'A step that is left out hides what it did.',
      async check(t) {
        for (const recipe of ['basic', 'plain'] as const) {
          const history = t.image(recipe).images[0]?.document.history as readonly unknown[];
          same((await of(t, recipe)).length, history.length, `steps of ${recipe}`);
        }
      },
    },
    {
      id: 'size-of-layers-alone',
      title: 'as many steps have a size as the image has layers',
      pointer: `${item}/properties/Size`,
      images: ['basic', 'program'],
      why: 'A size under another step accuses the wrong one.',
      async check(t) {
        for (const recipe of ['basic', 'program'] as const) {
          const sized = (await of(t, recipe)).filter((step) => step.at('Size').number() > 0);
          same(sized.length, t.image(recipe).images[0]?.layers.length, `steps of ${recipe} with a size`);
        }
      },
    },
  ],
);
