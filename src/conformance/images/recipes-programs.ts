import type { Kit } from './kit.js';
import { programLayer } from './program.js';
import type { Draft, Recipe } from './recipe.js';
import { indexed } from './recipes-sound.js';

/** Configuration of a runnable image, with only the members that a requirement needs. */
const bare = {
  User: '',
  ExposedPorts: undefined,
  Entrypoint: undefined,
  Volumes: undefined,
  WorkingDir: '/',
  StopSignal: undefined,
};

function runnable(kit: Kit, config: object): Draft {
  const image = kit.image(kit.host, {
    env: ['PATH=/bin', 'FROM_IMAGE=yes'],
    config: { ...bare, ...config },
    below: [programLayer(kit.host.architecture)],
  });
  return indexed(kit, [image], []);
}

export const program: Recipe = {
  summary: 'the test program, for containers that run',
  make: (kit) => runnable(kit, { Cmd: ['sh', '-c', 'echo from the image'] }),
};

/** Only prunes use it: they take every copy that no container has. */
export const spare: Recipe = {
  summary: 'the test program again, for prunes',
  make: (kit) => runnable(kit, { Cmd: ['true'] }),
};

export const configured: Recipe = {
  summary: 'the test program with everything that an image can say of its containers',
  make: (kit) =>
    runnable(kit, {
      Entrypoint: ['echo', 'entry'],
      Cmd: ['command'],
      User: '1000:1000',
      WorkingDir: '/files',
      ExposedPorts: { '8080/tcp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGUSR1',
      Healthcheck: { Test: ['CMD', 'cat', '/tmp/healthy'], Interval: 3_600_000_000_000 },
    }),
};

export const commandless: Recipe = {
  summary: 'the test program without any command',
  make: (kit) => runnable(kit, { Cmd: undefined }),
};
