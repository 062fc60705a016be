import { demand, type Shape, same } from '../../expect.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, familiar, platformText, pointers } from '../common.js';

const members = (list: readonly Shape[], member: 'Untagged' | 'Deleted'): unknown[] =>
  list.flatMap((entry) => (entry.at(member).present ? [familiar(entry.at(member).value)] : []));

async function gone(t: CheckContext, name: string): Promise<void> {
  (await t.api.get(`/images/${name}/json`)).error(404);
}

/** Deleting images. */
export const remove: readonly Requirement[] = requirements(
  { operationId: 'ImageDelete', features: ['images'], pointer: pointers.delete },
  [
    {
      id: 'only-name',
      title: 'deleting the only name of an image deletes the image',
      why: 'It is what the operation is for.',
      async check(t) {
        const image = await t.fresh('bare');
        const list = (await t.api.delete(`/images/${image.name}`))
          .status(200)
          .mediaType('application/json')
          .json()
          .array();
        same(members(list, 'Untagged'), [image.name], 'Untagged');
        demand(
          members(list, 'Deleted').length > 0,
          'Deleted',
          'at least one entry',
          list.map(({ value }) => value),
        );
        await gone(t, image.name);
      },
    },
    {
      id: 'deleted-root',
      title: 'Deleted names the root of the image',
      features: ['containerd-store', 'images'],
      why: 'Clients drop what they know of the digest.',
      async check(t) {
        const image = await t.fresh('bare');
        const list = (await t.api.delete(`/images/${image.name}`)).status(200).json().array();
        demand(
          members(list, 'Deleted').includes(image.root.digest),
          'Deleted',
          image.root.digest,
          members(list, 'Deleted'),
        );
      },
    },
    {
      id: 'one-of-two-names',
      title: 'deleting one of two names keeps the image and the other name',
      why: 'A tag is not the image.',
      async check(t) {
        const image = await t.fresh('two-names');
        const [first = '', second = ''] = image.names;
        const list = (await t.api.delete(`/images/${second}`)).status(200).json().array();
        demand(
          members(list, 'Untagged').includes(second),
          'Untagged',
          second,
          list.map(({ value }) => value),
        );
        same(members(list, 'Deleted'), [], 'Deleted');
        await gone(t, second);
        const left = (await t.api.get(`/images/${first}/json`)).status(200).json().at('RepoTags').array();
        same(
          left.map(({ value }) => familiar(value)),
          [first],
          'RepoTags',
        );
      },
    },
    {
      id: 'by-id',
      title: 'an image with one name can be deleted by its id',
      why: 'Clients keep ids.',
      async check(t) {
        const image = await t.fresh('bare');
        const id = (await t.api.get(`/images/${image.name}/json`)).status(200).json().at('Id').string();
        (await t.api.delete(`/images/${id}`)).status(200);
        await gone(t, image.name);
      },
    },
    {
      id: 'by-id-two-names',
      title: 'an image with several repositories is not deleted by its id',
      pointer: '+/responses/409',
      why: 'Somebody else may use the other name.',
      async check(t) {
        const image = await t.fresh('bare');
        const repo = t.scratch('other');
        (await t.api.post(`/images/${image.name}/tag`, { query: { repo } })).status(201);
        const id = (await t.api.get(`/images/${image.name}/json`)).status(200).json().at('Id').string();
        (await t.api.delete(`/images/${id}`)).error(409);
        (await t.api.get(`/images/${image.name}/json`)).status(200);
        (await t.api.get(`/images/${repo}/json`)).status(200);
      },
    },
    {
      id: 'by-id-forced',
      title: 'with force an image is deleted by its id with all its names',
      pointer: '+/parameters/1',
      why: 'It is what force is for.',
      async check(t) {
        const image = await t.fresh('bare');
        const repo = t.scratch('other');
        (await t.api.post(`/images/${image.name}/tag`, { query: { repo } })).status(201);
        const id = (await t.api.get(`/images/${image.name}/json`)).status(200).json().at('Id').string();
        const list = (await t.api.delete(`/images/${id}`, { query: { force: '1' } })).status(200).json().array();
        same(members(list, 'Untagged').map(String).sort(), [image.name, `${repo}:latest`].sort(), 'Untagged');
        await gone(t, image.name);
        await gone(t, repo);
      },
    },
    {
      id: 'force-off',
      title: 'force=0 is the same as none',
      pointer: '+/parameters/1',
      why: 'Clients send the default.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.api.post(`/images/${image.name}/tag`, { query: { repo: t.scratch('other') } })).status(201);
        const id = (await t.api.get(`/images/${image.name}/json`)).status(200).json().at('Id').string();
        await t.given('ImageDelete.by-id-two-names', async () => (await t.api.delete(`/images/${id}`)).error(409));
        (await t.api.delete(`/images/${id}`, { query: { force: '0' } })).error(409);
      },
    },
    {
      id: 'tag-kept-content',
      title: 'the image under its other name is complete after a name was deleted',
      features: ['images', 'attestations'],
      why: 'Content that is in use must stay.',
      async check(t) {
        const image = await t.fresh('two-names');
        const [first = '', second = ''] = image.names;
        (await t.api.delete(`/images/${first}`)).status(200);
        const answer = await t.api.get(`/images/${second}/attestations`, { query: { statement: '1' } });
        same(answer.status(200).json().array().length, 1, 'attestations under the other name');
      },
    },
    {
      id: 'others-untouched',
      title: 'deleting one image leaves others alone',
      images: ['basic'],
      why: 'Nothing but what was named may go.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200);
      },
    },
    {
      id: 'twice',
      title: 'deleting again is answered 404',
      pointer: '+/responses/404',
      why: 'There is nothing left to delete.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        (await t.api.delete(`/images/${image.name}`)).error(404);
      },
    },
    {
      id: 'unknown-image',
      title: 'an image that is not there is answered 404',
      pointer: '+/responses/404',
      why: 'Clients treat it as done.',
      async check(t) {
        (await t.api.delete(`/images/${t.scratch('none')}`)).error(404);
      },
    },
    {
      id: 'unknown-tag',
      title: 'another tag of a repository that is there is answered 404',
      pointer: '+/responses/404',
      images: ['bare'],
      why: 'Deleting a tag that does not exist must not delete one that does.',
      async check(t) {
        (await t.api.delete(`/images/${t.image('bare').repository}:none`)).error(404);
        (await t.api.get(`/images/${t.image('bare').name}/json`)).status(200);
      },
    },
    {
      id: 'bad-name',
      title: 'a name that is not a reference is answered 400',
      ...asDockerd(['images'], 'docs/reference/behavior/images.md#image-names'),
      level: 'SHOULD',
      why: 'It can never exist.',
      async check(t) {
        (await t.api.delete('/images/UPPER/Case')).error(400);
      },
    },
    {
      id: 'platform-malformed',
      title: 'a platform that is not JSON is refused',
      ...asDockerd(['delete-platforms'], 'docs/reference/behavior/http.md#platforms'),
      pointer: '+/parameters/3',
      why: 'Ignoring it would delete every platform.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`, { query: { platforms: 'linux/amd64' } })).error(400);
        (await t.api.get(`/images/${image.name}/json`)).status(200);
      },
    },
    {
      id: 'platform-unforced',
      title: 'a platform is not deleted without force',
      ...asDockerd(['delete-platforms'], 'docs/reference/behavior/images.md#deleting-an-image'),
      pointer: '+/parameters/3',
      level: 'SHOULD',
      why: 'Other images may share its content.',
      async check(t) {
        const image = await t.fresh('multi');
        const query = { platforms: platformText({ os: 'linux', architecture: 'arm64' }) };
        (await t.api.delete(`/images/${image.name}`, { query })).error(400, 409);
        (await t.api.get(`/images/${image.name}/json`)).status(200);
      },
    },
  ],
);
