import { demand, type Shape, same } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import { broken, streamed } from '../../registry/offered.js';
import { type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';
import { ask, built, context, fileOf, plain, withFile } from './context.js';

/** Building images by the classic builder; nothing is run but where it says so. */
export const builds: readonly Requirement[] = requirements(
  { operationId: 'ImageBuild', features: ['build', 'images'], pointer: pointers.build },
  [
    {
      id: 'built',
      title: 'an image is built of a Dockerfile and a file',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(t) {
        const [, image] = await built(t, withFile(plain));
        same(image.at('RootFS', 'Layers').array().length, 1, 'number of layers');
      },
    },
    {
      id: 'copied',
      title: 'what was copied is in it',
      pointer: '+/parameters/0',
      why: 'It is what the image is made for.',
      async check(t) {
        const [name] = await built(t, withFile(plain));
        same(await fileOf(t, name, 'a.txt'), 'content of a\n', 'content of a.txt');
      },
    },
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/produces',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        (await ask(t, withFile(plain))).status(200).mediaType('application/json');
      },
    },
    {
      id: 'messages',
      title: 'each message of the stream is an object whose stream is a text',
      pointer: '/definitions/BuildInfo',
      why: 'Clients show it while they wait.',
      async check(t) {
        const lines = streamed(await ask(t, withFile(plain)));
        demand(lines.length > 0, 'messages', 'at least one', lines.length);
        for (const line of lines) {
          line.object();
          if (line.at('stream').present) line.at('stream').string();
        }
      },
    },
    {
      id: 'names',
      title: 't may be repeated for more names',
      pointer: '+/parameters/2',
      why: 'A release has a number and a word.',
      async check(t) {
        const names = [t.own(`${t.scratch('built')}:v1`), t.own(`${t.scratch('built')}:v2`)];
        streamed(await ask(t, withFile(plain), { t: names }));
        const ids = [];
        for (const name of names) ids.push((await t.api.get(`/images/${name}/json`)).status(200).json().at('Id').value);
        same(new Set(ids).size, 1, 'number of images');
      },
    },
    {
      id: 'quiet',
      title: 'with q nothing is told of the steps',
      pointer: '+/parameters/5',
      why: 'Nobody reads the logs of scripts.',
      async check(t) {
        const quiet = await ask(t, withFile(plain), { q: '1' });
        streamed(quiet);
        demand(!quiet.text.includes('COPY'), 'stream', 'no steps', quiet.text);
      },
    },
    {
      id: 'quiet-id',
      title: 'with q the id is all that is sent',
      ...asDockerd(['build', 'images'], 'docs/reference/behavior/builder.md#the-classic-builder'),
      pointer: '+/parameters/5',
      why: 'Scripts read it.',
      async check(t) {
        const name = t.own(`${t.scratch('built')}:v1`);
        const lines = streamed(await ask(t, withFile(plain), { t: name, q: '1' }));
        const text = lines
          .map((line) => line.at('stream').value ?? '')
          .join('')
          .trim();
        const id = (await t.api.get(`/images/${name}/json`)).status(200).json().at('Id').string();
        same(text, id, 'stream');
      },
    },
    {
      id: 'dockerfile',
      title: 'dockerfile names another file',
      pointer: '+/parameters/1',
      why: 'One context has several images.',
      async check(t) {
        const body = context('FROM nowhere\n', { 'other/File': `${plain}CMD ["other"]\n`, 'a.txt': 'x' });
        (await built(t, body, { dockerfile: 'other/File' }))[1].at('Config', 'Cmd').is(['other']);
      },
    },
    {
      id: 'instructions',
      title: 'instructions of the configuration are in the image',
      pointer: '+/responses/200',
      why: 'Containers are created from it.',
      async check(t) {
        const text = `${plain}ENV A=1\nWORKDIR /w\nUSER 7:7\nEXPOSE 80/tcp\nENTRYPOINT ["/e"]\nCMD ["c"]\nSTOPSIGNAL SIGINT\n`;
        const config = (await built(t, withFile(text)))[1].at('Config');
        config.at('WorkingDir').is('/w');
        config.at('User').is('7:7');
        config.at('Entrypoint').is(['/e']);
        config.at('Cmd').is(['c']);
        config.at('StopSignal').is('SIGINT');
        config.at('ExposedPorts').is({ '80/tcp': {} });
        same(
          config
            .at('Env')
            .array()
            .filter(({ value }) => value === 'A=1').length,
          1,
          'variables A=1',
        );
      },
    },
    {
      id: 'labels',
      title: 'labels of the query and of the Dockerfile are in the image',
      pointer: '+/parameters/20',
      why: 'Pipelines say which commit it was.',
      async check(t) {
        const [, image] = await built(t, withFile(`${plain}LABEL mine=yes\n`));
        image.at('Config', 'Labels', 'mine').is('yes');
        image.at('Config', 'Labels', runLabel).string();
      },
    },
    {
      id: 'build-arguments',
      title: 'buildargs are the values of ARG',
      pointer: '+/parameters/17',
      why: 'One Dockerfile serves several versions.',
      async check(t) {
        // A file with content unique to the run: another run's build must not serve as cache.
        const body = context(`${plain}ARG V=none\nENV VERSION=$V\n`, { 'a.txt': t.mark() });
        const env = (image: Shape) =>
          image
            .at('Config', 'Env')
            .array()
            .map(({ value }) => value);
        const [, given] = await built(t, body, { buildargs: '{"V":"seven"}' });
        demand(env(given).includes('VERSION=seven'), 'Env', 'VERSION=seven', env(given));
        const [, left] = await built(t, body);
        demand(env(left).includes('VERSION=none'), 'Env', 'VERSION=none', env(left));
      },
    },
    {
      id: 'target',
      title: 'target stops at a stage',
      pointer: '+/parameters/25',
      why: 'Tests are a stage of their own.',
      async check(t) {
        const body = withFile(
          `FROM scratch AS one\nCOPY a.txt /\nCMD ["one"]\nFROM scratch\nCOPY a.txt /\nCMD ["two"]\n`,
        );
        (await built(t, body, { target: 'one' }))[1].at('Config', 'Cmd').is(['one']);
        (await built(t, body))[1].at('Config', 'Cmd').is(['two']);
      },
    },
    {
      id: 'base',
      title: 'FROM takes an image of the store, with its layers and its configuration',
      images: ['basic'],
      pointer: '+/responses/200',
      why: 'Images are built upon others.',
      async check(t) {
        const base = (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200).json();
        const [, image] = await built(t, withFile(`FROM ${t.image('basic').name}\nCOPY a.txt /a.txt\n`));
        const below = base
          .at('RootFS', 'Layers')
          .array()
          .map(({ value }) => value);
        const layers = image
          .at('RootFS', 'Layers')
          .array()
          .map(({ value }) => value);
        same(layers.slice(0, below.length), below, 'layers of the base');
        same(layers.length, below.length + 1, 'number of layers');
        image.at('Config', 'Entrypoint').is(base.at('Config', 'Entrypoint').value);
      },
    },
    {
      id: 'copy-from',
      title: 'COPY --from takes files of another stage',
      pointer: '+/responses/200',
      why: 'Tools of the build stay out of the image.',
      async check(t) {
        const text = 'FROM scratch AS one\nCOPY a.txt /one.txt\nFROM scratch\nCOPY --from=one /one.txt /two.txt\n';
        const [name, image] = await built(t, withFile(text));
        same(image.at('RootFS', 'Layers').array().length, 1, 'number of layers');
        same(await fileOf(t, name, 'two.txt'), 'content of a\n', 'content of two.txt');
      },
    },
    {
      id: 'runs',
      title: 'RUN runs a command, and keeps what it wrote',
      features: ['build', 'containers'],
      images: ['program'],
      pointer: '+/responses/200',
      why: 'Most images are made so.',
      async check(t) {
        const text = `FROM ${t.image('program').name}\nRUN echo made > /made.txt\n`;
        same(await fileOf(t, (await built(t, context(text)))[0], 'made.txt'), 'made\n', 'content of made.txt');
      },
    },
    {
      id: 'run-fails',
      title: 'a command that fails ends the build with an error, and names nothing',
      features: ['build', 'containers'],
      images: ['program'],
      pointer: '+/responses/200',
      why: 'Pipelines stop there.',
      async check(t) {
        const name = t.own(`${t.scratch('built')}:v1`);
        broken(await ask(t, context(`FROM ${t.image('program').name}\nRUN false\n`), { t: name }));
        (await t.api.get(`/images/${name}/json`)).error(404);
      },
    },
  ],
);
