import { demand } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import { attestationsOf, attestedOf, lists, pointers, tagged } from '../common.js';

/** Errors, methods and headers around the endpoint. */
export const surface: readonly Requirement[] = requirements(
  { operationId: 'ImageAttestations', features: ['attestations'], pointer: pointers.attestations, images: ['basic'] },
  [
    {
      id: 'unknown-image',
      title: 'an image that is not there is answered 404',
      pointer: '+/responses/404',
      images: [],
      why: 'Clients pull on 404.',
      async check(t) {
        (await t.api.get(attestationsOf(t.scratch('none')))).error(404);
      },
    },
    {
      id: 'bad-name',
      title: 'a name that is not a reference is answered 400',
      pointer: '+/responses/400',
      images: [],
      why: 'Pulling it would not help.',
      async check(t) {
        (await t.api.get(attestationsOf('UPPER/Case'))).error(400);
      },
    },
    {
      id: 'older-version',
      title: 'requests below API 1.55 are refused',
      why: 'A client that pins an older version must not come to depend on newer operations.',
      async check(t) {
        (await t.api.get(attestationsOf(t.image('basic').name), { version: '1.54' })).status(400, 404);
      },
    },
    {
      id: 'unversioned',
      title: 'a request without version is answered as the newest',
      why: 'curl users leave the version out.',
      async check(t) {
        const image = t.image('basic');
        lists(await t.api.get(attestationsOf(image.name), { version: null }), attestedOf(image).layers);
      },
    },
    {
      id: 'api-version-header',
      title: 'the answer carries Api-Version',
      level: 'SHOULD',
      why: 'Clients log which API answered.',
      async check(t) {
        const answer = (await t.api.get(attestationsOf(t.image('basic').name))).status(200);
        demand(
          answer.header('Api-Version') === t.daemon.apiVersion,
          'Api-Version',
          t.daemon.apiVersion,
          answer.header('Api-Version'),
        );
      },
    },
    {
      id: 'post-refused',
      title: 'POST is refused',
      why: 'The endpoint only reads.',
      async check(t) {
        (await t.api.post(attestationsOf(t.image('basic').name))).status(404, 405);
      },
    },
    {
      id: 'delete-removes-nothing',
      title: 'DELETE is refused and removes nothing',
      why: 'A client that deletes a sub-resource must not lose the image.',
      async check(t) {
        const image = await t.fresh('basic');
        (await t.api.delete(attestationsOf(image.name))).status(400, 404, 405, 501);
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'trailing-slash',
      title: 'a trailing slash is not found',
      level: 'SHOULD',
      why: 'Names may hold slashes, so one more changes what is asked for.',
      async check(t) {
        (await t.api.get(`${attestationsOf(t.image('basic').name)}/`)).error(404);
      },
    },
    {
      id: 'accept-ignored',
      title: 'another Accept header gets the same JSON',
      level: 'SHOULD',
      why: 'HTTP libraries send headers of their own.',
      async check(t) {
        const image = t.image('basic');
        const answer = await t.api.get(attestationsOf(image.name), { headers: { Accept: 'text/plain' } });
        lists(answer.mediaType('application/json'), attestedOf(image).layers);
      },
    },
    {
      id: 'no-range',
      title: 'a Range header does not cut the answer',
      why: 'Part of an array is not an answer.',
      async check(t) {
        const image = t.image('basic');
        const answer = await t.api.get(attestationsOf(image.name), { headers: { Range: 'bytes=0-10' } });
        lists(answer, attestedOf(image).layers);
      },
    },
    {
      id: 'identity-encoding',
      title: 'the answer is not compressed unless the headers say so',
      why: 'Clients of the API do not expect compressed bodies.',
      async check(t) {
        const image = t.image('basic');
        const answer = await t.api.get(attestationsOf(image.name), { headers: { 'Accept-Encoding': 'gzip' } });
        demand(
          answer.header('Content-Encoding') === undefined,
          'Content-Encoding',
          'none',
          answer.header('Content-Encoding'),
        );
        lists(answer, attestedOf(image).layers);
      },
    },
    {
      id: 'after-tag',
      title: 'an image under a new tag has the same attestations',
      why: 'Attestations belong to the digest, not to the name.',
      async check(t) {
        const image = t.image('basic');
        const name = await tagged(t, image.name, 'tagged', '1');
        lists(await t.api.get(attestationsOf(name)), attestedOf(image).layers);
      },
    },
    {
      id: 'after-delete',
      title: 'a deleted image has no attestations any more',
      why: 'What was removed must not be reported as present.',
      async check(t) {
        const image = await t.fresh('basic');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        (await t.api.get(attestationsOf(image.name))).error(404);
      },
    },
    {
      id: 'after-reload',
      title: 'a deleted image that is loaded again has its attestations again',
      why: 'Nothing of the first life may be remembered.',
      async check(t) {
        const image = await t.fresh('basic');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        (await t.load(image.tar)).status(200);
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
  ],
);
