import { createHash } from 'node:crypto';
import type { Answer } from '../../api.js';
import { demand, Shape, same, Unmet } from '../../expect.js';
import { absentPlatform } from '../../images/recipe.js';
import { readTar } from '../../images/tar.js';
import { type Requirement, requirements } from '../../requirement.js';
import { asDockerd, attestationsOf, attestedOf, familiar, idOf, lists, platformText, pointers } from '../common.js';

/** Files of an archive in an answer. @throws Unmet when it is none */
function files(answer: Answer): Map<string, Buffer> {
  answer.status(200);
  try {
    return readTar(answer.body);
  } catch (error) {
    throw new Unmet('body', 'a tar archive', error instanceof Error ? error.message : String(error));
  }
}

function document(archive: Map<string, Buffer>, name: string): Shape {
  const bytes = archive.get(name);
  if (!bytes) throw new Unmet('archive', `a file ${name}`, [...archive.keys()].join(' '));
  return new Shape(JSON.parse(bytes.toString('utf8')), name);
}

/** Saving images. */
export const get: readonly Requirement[] = requirements(
  { operationId: 'ImageGet', features: ['images'], pointer: pointers.get, images: ['basic'] },
  [
    {
      id: 'layout',
      since: '1.44',
      title: 'the archive is an OCI layout',
      why: 'Other tools read it.',
      async check(t) {
        const archive = files(await t.api.get(`/images/${t.image('basic').name}/get`));
        document(archive, 'oci-layout').at('imageLayoutVersion').string();
        document(archive, 'index.json').at('manifests').array();
      },
    },
    {
      id: 'content-type',
      title: 'the answer is application/x-tar',
      pointer: '+/produces',
      why: 'Clients choose what reads it by the media type.',
      async check(t) {
        (await t.api.get(`/images/${t.image('basic').name}/get`)).status(200).mediaType('application/x-tar');
      },
    },
    {
      id: 'digests',
      title: 'blobs lie under their digests',
      why: 'An archive with a wrong blob cannot be loaded.',
      async check(t) {
        for (const [name, bytes] of files(await t.api.get(`/images/${t.image('basic').name}/get`))) {
          const match = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name);
          if (match) same(createHash('sha256').update(bytes).digest('hex'), match[1], name);
        }
      },
    },
    {
      id: 'complete',
      features: ['containerd-store', 'images'],
      title: 'every blob of the image is in the archive, attestations included',
      why: 'A copy without its attestations has lost its proof.',
      async check(t) {
        const archive = files(await t.api.get(`/images/${t.image('basic').name}/get`));
        const wanted = [...t.image('basic').blobs.keys()].map((digest) => `blobs/${digest.replace(':', '/')}`);
        same(
          wanted.filter((name) => !archive.has(name)),
          [],
          'missing blobs',
        );
      },
    },
    {
      id: 'verbatim',
      features: ['containerd-store', 'images'],
      title: 'blobs come with the bytes that were loaded',
      images: ['verbatim'],
      why: 'They are addressed and signed by their bytes.',
      async check(t) {
        const archive = files(await t.api.get(`/images/${t.image('verbatim').name}/get`));
        for (const [digest, bytes] of t.image('verbatim').blobs) {
          const found = archive.get(`blobs/${digest.replace(':', '/')}`);
          demand(
            found?.equals(bytes) ?? false,
            digest,
            'the bytes that were loaded',
            found?.toString('utf8') ?? 'absent',
          );
        }
      },
    },
    {
      id: 'index-names',
      title: 'index.json names the image',
      why: 'A load gives it the name again.',
      async check(t) {
        const archive = files(await t.api.get(`/images/${t.image('basic').name}/get`));
        const [entry] = document(archive, 'index.json').at('manifests').array();
        entry?.at('annotations', 'io.containerd.image.name').is(`docker.io/${t.image('basic').name}`);
      },
    },
    {
      id: 'index-root',
      features: ['containerd-store', 'images'],
      title: 'index.json leads to the root of the image',
      why: 'The digest is what signatures and pins refer to.',
      async check(t) {
        const archive = files(await t.api.get(`/images/${t.image('basic').name}/get`));
        document(archive, 'index.json').at('manifests', 0, 'digest').is(t.image('basic').root.digest);
      },
    },
    {
      id: 'docker-archive',
      title: 'manifest.json lists the image for tools that only know docker archives',
      level: 'SHOULD',
      why: 'Many tools read that form alone.',
      async check(t) {
        const archive = files(await t.api.get(`/images/${t.image('basic').name}/get`));
        const tags = document(archive, 'manifest.json').at(0, 'RepoTags').array();
        same(
          tags.map(({ value }) => familiar(value)),
          [t.image('basic').name],
          'RepoTags',
        );
      },
    },
    {
      id: 'round-trip',
      title: 'an image that was saved, deleted and loaded is the same',
      why: 'It is how images are moved.',
      async check(t) {
        const image = await t.fresh('basic');
        const answer = (await t.api.get(`/images/${image.name}/get`)).status(200);
        (await t.api.delete(`/images/${image.name}`)).status(200);
        (await t.load(answer.body)).status(200);
        (await t.api.get(`/images/${image.name}/json`)).status(200).json().at('Id').is(idOf(t, image));
      },
    },
    {
      id: 'round-trip-attestations',
      title: 'so are its attestations',
      features: ['images', 'attestations'],
      why: 'It is how attested images are moved.',
      async check(t) {
        const image = await t.fresh('basic');
        const answer = (await t.api.get(`/images/${image.name}/get`)).status(200);
        (await t.api.delete(`/images/${image.name}`)).status(200);
        (await t.load(answer.body)).status(200);
        lists(await t.api.get(attestationsOf(image.name), { query: { statement: '1' } }), attestedOf(image).layers);
      },
    },
    {
      id: 'unknown-image',
      ...asDockerd(['images'], 'docs/reference/behavior/images.md#image-names'),
      title: 'an image that is not there is answered 404',
      images: [],
      why: 'An empty archive would look like success.',
      async check(t) {
        (await t.api.get(`/images/${t.scratch('none')}/get`)).error(404);
      },
    },
    {
      id: 'platform',
      title: 'a platform selects what is saved',
      features: ['platforms'],
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'Nobody wants to carry five platforms for one.',
      async check(t) {
        const { images, name } = t.image('multi');
        const query = { platform: platformText(t.host) };
        const archive = files(await t.api.get(`/images/${name}/get`, { query }));
        const has = (digest = ''): boolean => archive.has(`blobs/${digest.replace(':', '/')}`);
        same(
          [has(images[0]?.config.digest), has(images[1]?.config.digest)],
          [true, false],
          'configs of the asked and of another platform',
        );
      },
    },
    {
      id: 'platform-absent',
      title: 'a platform that the image does not have is answered 404',
      ...asDockerd(['platforms'], 'docs/reference/behavior/http.md#platforms'),
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'An empty archive would look like success.',
      async check(t) {
        const query = { platform: platformText(absentPlatform(t.host)) };
        (await t.api.get(`/images/${t.image('multi').name}/get`, { query })).error(404);
      },
    },
    {
      id: 'platform-malformed',
      title: 'a platform that is not JSON is refused',
      ...asDockerd(['platforms'], 'docs/reference/behavior/http.md#platforms'),
      pointer: '+/parameters/1',
      why: 'Ignoring it would save every platform.',
      async check(t) {
        (await t.api.get(`/images/${t.image('basic').name}/get`, { query: { platform: 'linux/amd64' } })).error(400);
      },
    },
    {
      id: 'several',
      since: '1.44',
      operationId: 'ImageGetAll',
      pointer: pointers.getAll,
      images: ['basic', 'bare'],
      title: 'several names are saved into one archive',
      why: 'It is how sets of images are moved.',
      async check(t) {
        const names = [t.image('basic'), t.image('bare')];
        const archive = files(await t.api.get('/images/get', { query: { names: names.map(({ name }) => name) } }));
        const index = await t.given('ImageGet.layout', async () => document(archive, 'index.json'));
        const found = index
          .at('manifests')
          .array()
          .map((entry) => entry.at('annotations', 'io.containerd.image.name').value);
        same(found.map(String).sort(), names.map(({ name }) => `docker.io/${name}`).sort(), 'names in index.json');
      },
    },
    {
      id: 'several-platform',
      operationId: 'ImageGetAll',
      pointer: `${pointers.getAll}/parameters/1`,
      images: ['multi', 'bare'],
      features: ['platforms', 'containerd-store'],
      title: 'a platform limits each image of the archive',
      why: 'Nobody wants to carry five platforms for one.',
      async check(t) {
        const names = [t.image('multi').name, t.image('bare').name];
        const archive = files(await t.api.get('/images/get', { query: { names, platform: platformText(t.host) } }));
        const has = (digest = ''): boolean => archive.has(`blobs/${digest.replace(':', '/')}`);
        const configs = [...t.image('multi').images, ...t.image('bare').images].map(({ config }) => has(config.digest));
        const wanted = [...t.image('multi').images, ...t.image('bare').images].map(
          ({ platform }) => platform.os === t.host.os && platform.architecture === t.host.architecture,
        );
        same(configs, wanted, 'configs in the archive');
      },
    },
    {
      id: 'several-platform-malformed',
      ...asDockerd(['platforms'], 'docs/reference/behavior/http.md#platforms'),
      operationId: 'ImageGetAll',
      pointer: `${pointers.getAll}/parameters/1`,
      title: 'a platform that is not JSON is refused',
      why: 'Ignoring it would save every platform.',
      async check(t) {
        const query = { names: [t.image('basic').name], platform: 'linux/amd64' };
        (await t.api.get('/images/get', { query })).error(400);
      },
    },
    {
      id: 'several-bad-name',
      ...asDockerd(['containerd-store'], 'docs/reference/behavior/images.md#image-names'),
      operationId: 'ImageGetAll',
      pointer: `${pointers.getAll}/parameters/0`,
      images: [],
      title: 'a name that is not a reference is answered 400',
      why: 'It can never exist.',
      async check(t) {
        (await t.api.get('/images/get', { query: { names: ['UPPER'] } })).error(400);
      },
    },
    {
      id: 'several-unknown',
      ...asDockerd(['images'], 'docs/reference/behavior/images.md#image-names'),
      operationId: 'ImageGetAll',
      pointer: pointers.getAll,
      title: 'one unknown name among several is answered 404',
      why: 'An incomplete archive would look like success.',
      async check(t) {
        const names = [t.image('basic').name, t.scratch('none')];
        (await t.api.get('/images/get', { query: { names } })).error(404);
      },
    },
  ],
);
