import { demand, type Shape, same } from '../../expect.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { entryWhere, manifestsOf, platformText, pointers } from '../common.js';
import { built, withFile } from '../ImageBuild/context.js';

/** A build of two steps. @returns the name of what it made, and what its history says of the steps that are images */
async function twoSteps(t: CheckContext): Promise<readonly [name: string, image: Shape]> {
  // The file differs from build to build, so that no step is taken from another one.
  return built(t, withFile(`FROM scratch\nCOPY a.txt /${t.scratch('step').replaceAll('/', '-')}\nLABEL step=two\n`));
}

/** Parents of deleted images, and parameters of delete that change nothing. */
export const deleteParents: readonly Requirement[] = requirements(
  { operationId: 'ImageDelete', features: ['images'], pointer: pointers.delete },
  [
    {
      id: 'noprune',
      title: 'noprune=1 deletes the image that is named',
      pointer: '+/parameters/2',
      why: 'It spares parents, not the image.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`, { query: { noprune: '1' } })).status(200).json().array();
        (await t.api.get(`/images/${image.name}/json`)).error(404);
      },
    },
    {
      id: 'noprune-off',
      title: 'noprune=0 is the same as none',
      pointer: '+/parameters/2',
      why: 'Clients send the default.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`, { query: { noprune: '0' } })).status(200).json().array();
        (await t.api.get(`/images/${image.name}/json`)).error(404);
      },
    },
    {
      id: 'parents-kept',
      title: 'noprune=1 keeps the image of an earlier step, and without it the image goes',
      features: ['build', 'images'],
      level: 'SHOULD',
      pointer: '+/parameters/2',
      why: 'The next build begins there, or the disk is to be emptied.',
      async check(t) {
        const left: number[] = [];
        for (const noprune of ['1', '0']) {
          const [name, image] = await twoSteps(t);
          // The algorithm prefix makes the daemon look up an id, not a name of 64 letters.
          const parent = `sha256:${image
            .at('Parent')
            .string()
            .replace(/^sha256:/, '')}`;
          (await t.api.delete(`/images/${name}`, { query: { noprune } })).status(200);
          left.push((await t.api.get(`/images/${parent}/json`)).exchange.status);
          if (left.length === 1) t.own(parent);
        }
        same(left, [200, 404], 'status of the parent with and without noprune');
      },
    },
    {
      id: 'platform-forced',
      title: 'with force one platform is deleted, and the image stays with its others',
      features: ['delete-platforms', 'containerd-store', 'images'],
      pointer: '+/parameters/3',
      why: 'A disk need not hold what other machines run.',
      async check(t) {
        const image = await t.fresh('multi');
        const [kept = '', dropped = ''] = image.images.map(({ descriptor }) => descriptor.digest);
        const query = { platforms: platformText(image.images[1]?.platform ?? t.host), force: '1' };
        const items = (await t.api.delete(`/images/${image.name}`, { query })).status(200).json().array();
        const deleted = items.map((item) => item.at('Deleted').value);
        demand(deleted.includes(dropped), 'Deleted', dropped, deleted);
        const manifests = await manifestsOf(t, image);
        entryWhere(manifests, 'ID', kept).at('Available').is(true);
        entryWhere(manifests, 'ID', dropped).at('Available').is(false);
      },
    },
    {
      id: 'items',
      title: 'each item says what was untagged, or what was deleted',
      pointer: '+/responses/200/schema',
      why: 'Clients show the two apart.',
      async check(t) {
        const image = await t.fresh('two-names');
        for (const name of image.names)
          for (const item of (await t.api.delete(`/images/${name}`)).status(200).json().array()) {
            const said = ['Untagged', 'Deleted'].filter((member) => item.at(member).present);
            same(said.length, 1, `members of ${item.place}`);
          }
      },
    },
  ],
);
