import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

const why = 'A container has to be what was asked for.';

const strings = (shape: Shape): string[] => shape.array().map((item) => item.string());

/** Defaults that a container takes from its image, and their overrides. */
export const createImage: readonly Requirement[] = containers(
  { operationId: 'ContainerCreate', pointer: operationPointer('POST', '/containers/create') },
  [
    {
      id: 'command',
      title: 'Path and Args are the command that was given',
      why,
      async check(d) {
        const found = await d.inspect((await d.create({ Cmd: ['echo', 'a b', ''] })).id);
        found.at('Path').is('echo');
        found.at('Args').is(['a b', '']);
        found.at('Config', 'Cmd').is(['echo', 'a b', '']);
      },
    },
    {
      id: 'command-of-image',
      title: "without a command the image's is taken",
      why: 'It is what images are made for.',
      async check(d) {
        const found = await d.inspect((await d.create({ Cmd: undefined })).id);
        found.at('Path').is('sh');
        found.at('Args').is(['-c', 'echo from the image']);
      },
    },
    {
      id: 'command-absent',
      title: 'no command in the request nor in the image is answered 400',
      observed: true,
      images: ['commandless'],
      why: 'It could never start.',
      async check(d) {
        (await d.attempt({ Image: d.image('commandless'), Cmd: undefined })).error(400);
      },
    },
    {
      id: 'entrypoint',
      title: 'an entry point stands before the command',
      why,
      async check(d) {
        const found = await d.inspect((await d.create({ Entrypoint: ['echo', 'x'], Cmd: ['y'] })).id);
        found.at('Path').is('echo');
        found.at('Args').is(['x', 'y']);
      },
    },
    {
      id: 'entrypoint-of-image',
      title: "without an entry point the image's is taken, and the command replaces the image's",
      images: ['configured'],
      why: 'It is what images are made for.',
      async check(d) {
        const found = await d.inspect((await d.create({ Image: d.image('configured'), Cmd: ['mine'] })).id);
        found.at('Path').is('echo');
        found.at('Args').is(['entry', 'mine']);
      },
    },
    {
      id: 'entrypoint-drops-command',
      title: "an entry point of the request does away with the image's command",
      images: ['configured'],
      observed: true,
      why: 'The command was meant for another program.',
      async check(d) {
        const spec = { Image: d.image('configured'), Entrypoint: ['env'], Cmd: undefined };
        const found = await d.inspect((await d.create(spec)).id);
        found.at('Path').is('env');
        found.at('Args').is([]);
      },
    },
    {
      id: 'entrypoint-empty',
      title: "an entry point of one empty text takes the image's away",
      images: ['configured'],
      why: 'It is the only way to run another program.',
      async check(d) {
        const spec = { Image: d.image('configured'), Entrypoint: [''], Cmd: ['true'] };
        (await d.inspect((await d.create(spec)).id)).at('Path').is('true');
      },
    },
    {
      id: 'image-configuration',
      title: 'user, directory, stop signal, ports and volumes come from the image',
      images: ['configured'],
      why: 'It is what images are made for.',
      async check(d) {
        const config = (await d.inspect((await d.create({ Image: d.image('configured') })).id)).at('Config');
        config.at('User').is('1000:1000');
        config.at('WorkingDir').is('/files');
        config.at('StopSignal').matches(/^(SIGUSR1|10)$/);
        same(Object.keys(config.at('ExposedPorts').object()), ['8080/tcp'], 'ExposedPorts');
        same(Object.keys(config.at('Volumes').object()), ['/data'], 'Volumes');
      },
    },
    {
      id: 'labels-merged',
      title: 'labels of the image stay, those of the request win',
      why: 'Tools find containers by them.',
      async check(d) {
        const Labels = { mine: '1', 'attestd.conformance.recipe': 'other' };
        const labels = (await d.inspect((await d.create({ Labels })).id)).at('Config', 'Labels');
        labels.at('mine').is('1');
        labels.at('attestd.conformance.recipe').is('other');
        labels.at('attestd.conformance.platform').string();
      },
    },
    {
      id: 'environment-merged',
      title: 'variables of the image stay, those of the request win',
      why: 'Programs read them.',
      async check(d) {
        const env = (await d.inspect((await d.create({ Env: ['FROM_IMAGE=no', 'MINE=a=b'] })).id)).at('Config', 'Env');
        const found = strings(env);
        for (const wanted of ['FROM_IMAGE=no', 'MINE=a=b', 'PATH=/bin'])
          demand(found.includes(wanted), env.place, wanted, found);
        same(found.includes('FROM_IMAGE=yes'), false, 'the variable of the image');
      },
    },
  ],
);
