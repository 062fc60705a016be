import type { Answer } from '../../api.js';
import { demand, type Shape, same, Unmet } from '../../expect.js';
import { type Offered, offered, pull, push, shippable, streamed } from '../../registry/offered.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';
import { ask, built, context, plain, withFile } from '../ImageBuild/context.js';

/**
 * Demands a stream that ends with an error: one line with `error` and `errorDetail.message`, which are equal, and no
 * line after it.
 *
 * @throws Unmet
 */
function endsWithError(answer: Answer): void {
  const lines = answer.status(200).lines();
  const at = lines.findIndex((line) => line.at('error').present || line.at('errorDetail').present);
  const line = lines[at];
  if (!line) throw new Unmet(`stream of ${answer.exchange.path}`, 'an error', answer.text.slice(-300));
  const message = line.at('errorDetail', 'message').string();
  demand(message.length > 0, 'errorDetail.message', 'a text', message);
  line.at('error').is(message);
  same(lines.length - 1 - at, 0, 'number of lines after the error');
}

/** The values of `aux` in a stream. */
const auxOf = (lines: readonly Shape[]): readonly Shape[] =>
  lines.filter((line) => line.at('aux').present).map((line) => line.at('aux'));

const builds = requirements({ operationId: 'ImageBuild', features: ['build', 'images'], pointer: pointers.build }, [
  {
    id: 'error-detail',
    title: 'a build that fails ends with error and errorDetail, and sends nothing after it',
    pointer: '/definitions/BuildInfo',
    ...asDockerd(['build', 'images'], 'docs/reference/behavior/builder.md#the-classic-builder'),
    why: 'The docker CLI reads errorDetail alone, and would report success.',
    async check(t) {
      endsWithError(await ask(t, context('FROM scratch\nCOPY absent /x\n')));
    },
  },
  {
    id: 'aux-id',
    title: 'a build sends the id of its image as aux',
    pointer: '/definitions/BuildInfo',
    ...asDockerd(['build', 'images'], 'docs/reference/behavior/builder.md#the-classic-builder'),
    why: 'Clients take the id from it.',
    async check(t) {
      const name = t.own(`${t.scratch('built')}:v1`);
      const lines = streamed(await ask(t, withFile(`${plain}LABEL aux=1\n`), { t: name }));
      const [, image] = [lines, (await t.api.get(`/images/${name}/json`)).status(200).json()];
      const found = auxOf(lines).map((aux) => aux.at('ID').value);
      same(found.at(-1), image.at('Id').string(), 'ID of the last aux');
    },
  },
  {
    id: 'steps',
    title: 'a build tells each step, and at last the id and the name',
    pointer: '/definitions/BuildInfo',
    ...asDockerd(['build', 'images'], 'docs/reference/behavior/builder.md#the-classic-builder'),
    why: 'People see which step failed.',
    async check(t) {
      const name = t.own(`${t.scratch('built')}:v1`);
      const lines = streamed(await ask(t, withFile(plain), { t: name }));
      const text = lines.map((line) => String(line.at('stream').value ?? '')).join('');
      for (const part of [
        /Step 1\/\d+ : FROM scratch/,
        /Step 2\/\d+ : COPY a\.txt \/a\.txt/,
        /Successfully built [0-9a-f]{12}/,
      ])
        demand(part.test(text), 'stream', String(part), text);
      demand(text.includes('Successfully tagged '), 'stream', 'Successfully tagged', text);
    },
  },
  {
    id: 'again-same',
    title: 'the same build again gives the same image',
    ...asDockerd(['build', 'images'], 'docs/reference/behavior/builder.md#the-classic-builder'),
    why: 'A cache that is not used makes builds slow.',
    async check(t) {
      const body = withFile(`${plain}LABEL again=1\n`);
      const [, first] = await built(t, body);
      const [, second] = await built(t, body);
      second.at('Id').is(first.at('Id').value);
    },
  },
]);

/** Digest of the only layer of an offered image. */
const layerOf = ({ images }: Offered): string => images[0]?.layers[0]?.digest ?? '';

const pulls = requirements({ operationId: 'ImageCreate', features: ['registry', 'images'], pointer: pointers.create }, [
  {
    id: 'error-detail',
    title: 'a pull that fails in its stream ends with error and errorDetail, and sends nothing after it',
    pointer: '/definitions/CreateImageInfo',
    ...asDockerd(['registry', 'images'], 'docs/reference/registries.md#registries'),
    why: 'The docker CLI reads errorDetail alone, and would report success.',
    async check(t) {
      const image = await offered(t, 'plain');
      image.registry.repositories.removeBlob(layerOf(image));
      const answer = await pull(t, { fromImage: image.name });
      if (answer.exchange.status === 200) endsWithError(answer);
      else answer.error(404, 500);
    },
  },
  {
    id: 'layers-told',
    title: 'a pull tells each layer by the beginning of its digest, until it is complete',
    pointer: '/definitions/CreateImageInfo',
    ...asDockerd(['registry', 'images'], 'docs/reference/registries.md#registries'),
    why: 'Clients draw a line for each layer.',
    async check(t) {
      const image = await offered(t, 'plain');
      const layer = layerOf(image).slice('sha256:'.length);
      const lines = streamed(await pull(t, { fromImage: image.name }));
      const own = lines.filter((line) => line.at('id').value === layer.slice(0, 12));
      const states = own.map((line) => String(line.at('status').value));
      demand(
        states.some((state) => /^(Pull complete|Download complete|Already exists)$/.test(state)),
        `states of the layer ${layer.slice(0, 12)}`,
        'Pull complete, Download complete or Already exists',
        lines.map(({ value }) => value),
      );
    },
  },
  {
    id: 'progress',
    title: 'progress is told by numbers, with current up to total',
    pointer: '/definitions/ProgressDetail',
    why: 'Clients draw bars from it.',
    async check(t) {
      const image = await offered(t, 'program');
      for (const line of streamed(await pull(t, { fromImage: image.name }))) {
        const detail = line.at('progressDetail');
        if (!detail.present || detail.value === null) continue;
        detail.object();
        const [current, total] = [detail.at('current'), detail.at('total')];
        if (current.present) demand(current.number() >= 0, current.place, '0 or more', current.value);
        if (total.present && current.present && total.number() > 0)
          demand(current.number() <= total.number(), current.place, `up to ${total.value}`, current.value);
      }
    },
  },
  {
    id: 'digest-and-status',
    title: 'a pull ends with the digest and the status of the image',
    ...asDockerd(['registry', 'images'], 'docs/reference/registries.md#registries'),
    why: 'Scripts pin the digest.',
    async check(t) {
      const image = await offered(t, 'basic');
      const states = streamed(await pull(t, { fromImage: image.name })).map((line) => String(line.at('status').value));
      demand(states.includes(`Digest: ${image.root.digest}`), 'stream', `Digest: ${image.root.digest}`, states);
      demand(
        (states.at(-1) ?? '').startsWith('Status: Downloaded newer image for '),
        'last status',
        'Status: Downloaded newer image for …',
        states.at(-1),
      );
    },
  },
]);

const pushes = requirements({ operationId: 'ImagePush', features: ['registry', 'images'], pointer: pointers.push }, [
  {
    id: 'error-detail',
    title: 'a push that fails ends with error and errorDetail, and sends nothing after it',
    pointer: '/definitions/PushImageInfo',
    ...asDockerd(['registry', 'images'], 'docs/reference/registries.md#registries'),
    why: 'The docker CLI reads errorDetail alone, and would report success.',
    async check(t) {
      // Without credentials the private registry refuses the upload.
      const image = await shippable(t, 'bare', { isPrivate: true });
      const answer = await push(t, image.repository, { tag: 'latest' });
      if (answer.exchange.status === 200) endsWithError(answer);
      else answer.error(401, 403, 500);
    },
  },
  {
    id: 'aux',
    title: 'a push sends tag, digest and size of the manifest as aux',
    pointer: '/definitions/PushImageInfo',
    ...asDockerd(['registry', 'images', 'graph-store'], 'docs/reference/registries.md#registries'),
    why: 'Clients pin what was pushed.',
    async check(t) {
      const image = await shippable(t, 'bare');
      const lines = streamed(await push(t, image.repository, { tag: 'latest' }));
      const manifest = image.registry.repositories.manifest(image.path, 'latest');
      const aux = auxOf(lines).find((one) => one.at('Tag').present);
      if (!aux)
        throw new Unmet('stream of the push', 'aux with Tag, Digest and Size', lines.map(({ value }) => value).join());
      aux.has({ Tag: 'latest', Digest: manifest?.digest, Size: manifest?.bytes.length });
    },
  },
]);

const loads = requirements({ operationId: 'ImageLoad', features: ['images'], pointer: pointers.load }, [
  {
    id: 'nothing-after-error',
    title: 'a load that fails in its stream ends with error and errorDetail, and sends nothing after it',
    ...asDockerd(['images'], 'docs/reference/behavior/images.md#loading-images'),
    why: 'The docker CLI reads errorDetail alone, and would report success.',
    async check(t: CheckContext) {
      const answer = await t.load(Buffer.from('no archive'.repeat(100)));
      if (answer.exchange.status === 200) endsWithError(answer);
      else answer.error(400, 500);
    },
  },
]);

/** Messages of streams: errors, ids, layers and progress. */
export const streamMessages: readonly Requirement[] = [...builds, ...pulls, ...pushes, ...loads];
