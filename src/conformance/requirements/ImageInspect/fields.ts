import type { Shape } from '../../expect.js';
import { demand, same } from '../../expect.js';
import { created } from '../../images/kit.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { familiar, observed, pointers } from '../common.js';

const inspect = async (t: CheckContext, name: RecipeName): Promise<Shape> =>
  (await t.api.get(`/images/${t.image(name).name}/json`)).status(200).json();

const documentOf = (t: CheckContext, name: RecipeName) =>
  t.image(name).images[0]?.document as {
    config: Record<string, unknown>;
    author: string;
    rootfs: { diff_ids: readonly string[] };
  };

const config = (id: string, member: string) => ({
  id: `config-${id}`,
  title: `Config.${member} is that of the image`,
  why: 'Containers are created from it.',
  async check(t: CheckContext): Promise<void> {
    (await inspect(t, 'basic')).at('Config', member).is(documentOf(t, 'basic').config[member]);
  },
});

/** Members of inspect for an image of the daemon's platform. */
export const fields: readonly Requirement[] = requirements(
  { operationId: 'ImageInspect', features: ['images'], pointer: pointers.inspect, images: ['basic'] },
  [
    {
      id: 'content-type',
      title: 'the answer is application/json',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200).mediaType('application/json');
      },
    },
    {
      id: 'id',
      title: 'Id is a digest by which the image is found again',
      why: 'Clients keep ids, not names.',
      async check(t) {
        const id = (await inspect(t, 'basic'))
          .at('Id')
          .matches(/^sha256:[0-9a-f]{64}$/)
          .string();
        (await t.api.get(`/images/${id}/json`)).status(200).json().at('Id').is(id);
      },
    },
    {
      id: 'id-is-root-digest',
      title: 'Id is the digest of the image index',
      features: ['containerd-store', 'images'],
      basis: observed('docs/reference/behavior/images.md#inspecting-an-image', 'containerd'),
      why: 'It is what registries and build tools call the image.',
      async check(t) {
        (await inspect(t, 'basic')).at('Id').is(t.image('basic').root.digest);
      },
    },
    {
      id: 'id-is-config-digest',
      title: 'Id is the digest of the image config',
      features: ['graph-store', 'images'],
      why: 'The description defines it so, and tools compare it with the config of a manifest.',
      async check(t) {
        (await inspect(t, 'basic')).at('Id').is(t.image('basic').images[0]?.config.digest);
      },
    },
    {
      id: 'repo-tags',
      title: 'RepoTags has the name under which the image was loaded',
      why: 'It is how people call the image.',
      async check(t) {
        const tags = (await inspect(t, 'bare'))
          .at('RepoTags')
          .array()
          .map(({ value }) => familiar(value));
        same(tags, [t.image('bare').name], 'RepoTags');
      },
      images: ['bare'],
    },
    {
      id: 'names',
      title: 'RepoTags leaves docker.io out',
      why: 'Scripts compare names as they typed them.',
      images: ['bare'],
      async check(t) {
        (await inspect(t, 'bare')).at('RepoTags').is([t.image('bare').name]);
      },
    },
    {
      id: 'repo-tags-all',
      title: 'RepoTags has all tags of an image',
      images: ['two-names'],
      why: 'Deleting one of several names behaves differently.',
      async check(t) {
        const tags = (await inspect(t, 'two-names'))
          .at('RepoTags')
          .array()
          .map(({ value }) => familiar(value));
        same([...tags].sort(), [...t.image('two-names').names].sort(), 'RepoTags');
      },
    },
    {
      id: 'repo-digests',
      title: 'RepoDigests has the repository with the root digest',
      features: ['containerd-store', 'images'],
      basis: observed('docs/reference/behavior/images.md#inspecting-an-image', 'containerd'),
      why: 'It is the name that pins content.',
      images: ['bare'],
      async check(t) {
        const { repository, root } = t.image('bare');
        (await inspect(t, 'bare')).at('RepoDigests').is([`${repository}@${root.digest}`]);
      },
    },
    {
      id: 'platform',
      title: "Os and Architecture are those of the daemon's platform",
      why: 'Clients check whether an image will run.',
      async check(t) {
        const image = await inspect(t, 'basic');
        same(
          [image.at('Os').value, image.at('Architecture').value],
          [t.host.os, t.host.architecture],
          'Os and Architecture',
        );
      },
    },
    {
      id: 'created',
      title: 'Created is the date in the image config',
      why: 'Reproducible builds set it; sorting and pruning use it.',
      async check(t) {
        const text = (await inspect(t, 'basic')).at('Created').string();
        same(new Date(text).getTime(), new Date(created).getTime(), 'Created');
      },
    },
    {
      id: 'author',
      title: 'Author is that of the image config',
      level: 'SHOULD',
      why: 'Some organisations track ownership by it.',
      async check(t) {
        (await inspect(t, 'basic')).at('Author').is(documentOf(t, 'basic').author);
      },
    },
    {
      id: 'root-fs',
      title: 'RootFS lists the diff ids of the layers in order',
      why: 'Scanners map layers to findings by them.',
      async check(t) {
        const rootfs = (await inspect(t, 'basic')).at('RootFS');
        rootfs.at('Type').is('layers');
        rootfs.at('Layers').is(documentOf(t, 'basic').rootfs.diff_ids);
      },
    },
    {
      id: 'size',
      title: 'Size is a positive number',
      why: 'Clients sum sizes up.',
      async check(t) {
        const size = (await inspect(t, 'basic')).at('Size').number();
        demand(Number.isSafeInteger(size) && size > 0, 'Size', 'a positive integer', size);
      },
    },
    {
      id: 'last-tag-time',
      title: 'Metadata.LastTagTime is a time',
      level: 'SHOULD',
      why: 'Clean-up tools remove what was tagged long ago.',
      async check(t) {
        const text = (await inspect(t, 'basic')).at('Metadata', 'LastTagTime').string();
        demand(!Number.isNaN(Date.parse(text)), 'LastTagTime', 'an RFC 3339 time', text);
      },
    },
    config('labels', 'Labels'),
    config('env', 'Env'),
    config('entrypoint', 'Entrypoint'),
    config('cmd', 'Cmd'),
    config('working-dir', 'WorkingDir'),
    config('user', 'User'),
    config('exposed-ports', 'ExposedPorts'),
    config('volumes', 'Volumes'),
    config('stop-signal', 'StopSignal'),
    {
      id: 'unknown-image',
      title: 'an image that is not there is answered 404',
      pointer: '+/responses/404',
      images: [],
      why: 'Clients pull on 404.',
      async check(t) {
        (await t.api.get(`/images/${t.scratch('none')}/json`)).error(404);
      },
    },
    {
      id: 'plain-manifest',
      title: 'an image without an index is described too',
      images: ['plain'],
      why: 'Images of older tools have no index.',
      async check(t) {
        const image = await inspect(t, 'plain');
        image.at('RootFS', 'Layers').is(documentOf(t, 'plain').rootfs.diff_ids);
        image.at('Config', 'Labels').is(documentOf(t, 'plain').config.Labels);
      },
    },
  ],
);
