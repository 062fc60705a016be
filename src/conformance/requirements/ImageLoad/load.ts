import { gzipSync } from 'node:zlib';
import { type Answer, again } from '../../api.js';
import { demand, same } from '../../expect.js';
import { absentPlatform, type BuiltImage } from '../../images/recipe.js';
import { writeTar } from '../../images/tar.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, attestationsOf, attestedOf, idOf, lists, platformText, pointers } from '../common.js';

/** The readable messages of a load's stream. */
const said = (answer: Answer): string =>
  answer
    .status(200)
    .lines()
    .map((line) => line.at('stream').value ?? '')
    .join('');

/** Load an archive that is none: an error in the stream, or as the answer. */
async function fails(t: CheckContext, tar: Buffer): Promise<void> {
  const answer = await t.load(tar);
  if (answer.exchange.status !== 200) {
    answer.error(400, 422, 500);
    return;
  }
  const lines = answer.lines();
  demand(
    lines.some((line) => line.at('error').present),
    'stream of the load',
    'an error',
    answer.text,
  );
}

const broken = (id: string, title: string, tar: () => Buffer) => ({
  id,
  title,
  why: 'A load that failed must not look like one that worked.',
  check: (t: CheckContext): Promise<void> => fails(t, tar()),
});

/** Number of attempts for a request that may fail by chance. */
const tries = 3;

/**
 * Repeats a request that may fail by chance. After loading its own platform, dockerd looks at all manifests, on load
 * and on inspect. It fails if another platform's manifest is garbage-collected at that moment.
 */
function unlessCollected({ manifests, images }: BuiltImage, ask: () => Promise<Answer>): Promise<Answer> {
  const others = manifests.map(({ digest }) => digest).filter((digest) => digest !== images[0]?.descriptor.digest);
  const isByChance = ({ text }: Answer): boolean =>
    others.some((digest) => text.includes(`content digest ${digest}: not found`));
  return again(ask, isByChance, tries);
}

/** Loading images. */
export const load: readonly Requirement[] = requirements(
  { operationId: 'ImageLoad', features: ['images'], pointer: pointers.load },
  [
    {
      id: 'named',
      title: 'the stream names what was loaded',
      pointer: '+/responses/200',
      why: 'Scripts read the name from it.',
      async check(t) {
        const image = await t.fresh('bare');
        const text = said(await t.load(image.tar));
        demand(text.includes(image.name), 'stream', image.name, text);
      },
      level: 'SHOULD',
    },
    {
      id: 'named-text',
      title: 'the stream names it after the words Loaded image',
      why: 'Scripts cut the name out of that line.',
      async check(t) {
        const image = await t.fresh('bare');
        const text = said(await t.load(image.tar));
        demand(text.includes(`Loaded image: ${image.name}`), 'stream', `Loaded image: ${image.name}`, text);
      },
    },
    {
      id: 'unnamed',
      title: 'the stream gives the id of an image without a name',
      pointer: '+/responses/200',
      features: ['containerd-store', 'images'],
      why: 'There is no other way to find it.',
      async check(t) {
        const image = await t.fresh('unnamed');
        const text = said(await t.load(image.tar));
        demand(text.includes(image.root.digest), 'stream', image.root.digest, text);
      },
    },
    {
      id: 'two-names',
      title: 'an archive with two names gives both',
      why: 'Saved archives hold several tags.',
      async check(t) {
        const image = await t.fresh('two-names');
        for (const name of image.names) (await t.api.get(`/images/${name}/json`)).status(200);
      },
    },
    {
      id: 'json-stream',
      title: 'each message of the stream is a JSON object',
      why: 'Clients decode message by message.',
      async check(t) {
        const image = await t.fresh('bare');
        const answer = (await t.load(image.tar)).status(200).mediaType('application/json');
        for (const line of answer.lines()) line.object();
      },
    },
    {
      id: 'again',
      title: 'loading the same archive again changes nothing',
      why: 'Provisioning scripts run again.',
      async check(t) {
        const image = await t.fresh('two-names');
        const before = (await t.api.get(`/images/${image.name}/json`)).status(200).json();
        (await t.load(image.tar)).status(200);
        const after = (await t.api.get(`/images/${image.name}/json`)).status(200).json();
        same(after.at('Id').value, before.at('Id').value, 'Id');
        same(after.at('RepoTags').value, before.at('RepoTags').value, 'RepoTags');
      },
    },
    {
      id: 'gzip',
      title: 'a gzip-compressed archive is loaded',
      why: 'Archives are stored compressed.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        (await t.load(gzipSync(image.tar))).status(200);
        (await t.api.get(`/images/${image.name}/json`)).status(200);
      },
    },
    {
      id: 'quiet',
      title: 'quiet=1 still names what was loaded',
      level: 'SHOULD',
      pointer: '+/parameters/1',
      why: 'quiet is about progress only.',
      async check(t) {
        const image = await t.fresh('bare');
        const text = said(await t.load(image.tar, { quiet: '1' }));
        demand(text.includes(image.name), 'stream', image.name, text);
      },
    },
    {
      id: 'attestations-kept',
      title: 'attestation manifests and statements of an archive are kept',
      features: ['images', 'attestations'],
      why: 'A load that drops them drops the proof.',
      async check(t) {
        const image = await t.fresh('multi');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1' } });
        lists(answer, attestedOf(image).layers);
      },
    },
    {
      id: 'moves-name',
      title: 'a name that is taken moves to the image that is loaded under it',
      why: 'Loading a newer release replaces the older one.',
      async check(t) {
        const older = await t.fresh('bare');
        const newer = t.draft('basic', older.repository);
        (await t.load(newer.tar)).status(200);
        const id = (await t.api.get(`/images/${older.name}/json`)).status(200).json().at('Id').value;
        same(id, idOf(t, { ...newer, name: older.name, repository: older.repository }), 'Id under the name');
      },
    },
    broken('empty-body', 'an empty body is an error', () => Buffer.alloc(0)),
    broken('garbage', 'a body that is not an archive is an error', () => Buffer.alloc(4096, 'garbage ')),
    broken('empty-archive', 'an archive without files is an error', () => writeTar([])),
    broken('no-index', 'a layout without index.json is an error', () =>
      writeTar([['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]]),
    ),
    broken('bad-index', 'a layout whose index.json is not JSON is an error', () =>
      writeTar([
        ['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
        ['index.json', Buffer.from('no json')],
      ]),
    ),
    {
      id: 'truncated',
      title: 'an archive that ends early is an error',
      why: 'A broken download must be noticed.',
      async check(t) {
        const { tar } = t.draft('big');
        await fails(t, tar.subarray(0, Math.floor(tar.length / 2)));
      },
    },
    {
      id: 'error-detail',
      title: 'an error in the stream comes as error and as errorDetail.message',
      level: 'SHOULD',
      why: 'Older and newer clients read one or the other.',
      async check(t) {
        const answer = (await t.load(Buffer.alloc(0))).status(200);
        const line = answer.lines().find((candidate) => candidate.at('error').present);
        same(line?.at('errorDetail', 'message').value, line?.at('error').value, 'errorDetail.message');
        line?.at('error').string();
      },
    },
    {
      id: 'platform',
      title: 'a platform that the archive has is loaded',
      features: ['platforms'],
      pointer: '+/parameters/2',
      why: 'It is how one platform of many is loaded.',
      async check(t) {
        const image = await t.fresh('multi');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        const platform = platformText(t.host);
        const answer = (await unlessCollected(image, () => t.load(image.tar, { platform }))).status(200);
        demand(!answer.lines().some((line) => line.at('error').present), 'stream', 'no error', answer.text);
        (await unlessCollected(image, () => t.api.get(`/images/${image.name}/json`))).status(200);
      },
    },
    {
      id: 'platform-absent',
      title: 'a platform that the archive does not have is an error',
      features: ['platforms'],
      pointer: '+/parameters/2',
      why: 'Loading nothing must not look like success.',
      async check(t) {
        const image = await t.fresh('bare');
        const answer = await t.load(image.tar, { platform: platformText(absentPlatform(t.host)) });
        if (answer.exchange.status !== 200) answer.error(400, 404);
        else
          demand(
            answer.lines().some((line) => line.at('error').present),
            'stream',
            'an error',
            answer.text,
          );
      },
    },
    {
      id: 'platform-malformed',
      title: 'a platform that is not JSON is refused',
      ...asDockerd(['platforms'], 'docs/reference/behavior/http.md#platforms'),
      pointer: '+/parameters/2',
      why: 'Ignoring it would load every platform.',
      async check(t) {
        const image = await t.fresh('bare');
        (await t.load(image.tar, { platform: 'linux/amd64' })).error(400);
      },
    },
  ],
);
