import { containers } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

/** Volumes in containers. */
export const mounts: readonly Requirement[] = containers(
  { operationId: 'ContainerCreate', pointer: '/definitions/Mount', features: ['containers', 'volumes'] },
  [
    {
      id: 'volume-shared',
      title: 'what one container writes to a volume another one reads',
      why: 'It is what volumes are for.',
      async check(d) {
        const HostConfig = { Binds: [`${await d.volume()}:/v`] };
        await d.ran(['sh', '-c', 'echo shared > /v/file'], { HostConfig });
        same(await d.printed(['cat', '/v/file'], { HostConfig }), 'shared\n', 'output of the other');
      },
    },
    {
      id: 'volume-read-only',
      title: 'a volume that is mounted read-only cannot be written',
      why: 'It is a safeguard.',
      async check(d) {
        const HostConfig = { Binds: [`${await d.volume()}:/v:ro`] };
        const { code } = await d.ran(['sh', '-c', 'echo x > /v/file'], { HostConfig });
        demand(code !== 0, 'exit code of a write', 'a failure', code);
      },
    },
    {
      id: 'volume-filled',
      title: 'a fresh volume gets what the image has at its place',
      pointer: '/definitions/HostConfig',
      why: 'Databases come with their first files.',
      async check(d) {
        const HostConfig = { Binds: [`${await d.volume()}:/data`] };
        same(await d.printed(['cat', '/data/seed.txt'], { HostConfig }), 'seed\n', 'output');
      },
    },
    {
      id: 'volume-not-filled',
      title: 'with nocopy it stays empty',
      pointer: '/definitions/HostConfig',
      why: 'Backups are put in first.',
      async check(d) {
        const HostConfig = { Binds: [`${await d.volume()}:/data:nocopy`] };
        same((await d.ran(['cat', '/data/seed.txt'], { HostConfig })).code, 1, 'exit code of reading it');
      },
    },
    {
      id: 'volumes-from',
      title: "VolumesFrom mounts another container's volumes",
      pointer: '/definitions/HostConfig',
      why: 'Backups are made so.',
      async check(d) {
        const Binds = [`${await d.volume()}:/v`];
        const { name } = await d.ran(['sh', '-c', 'echo theirs > /v/file'], { HostConfig: { Binds } });
        same(await d.printed(['cat', '/v/file'], { HostConfig: { VolumesFrom: [name] } }), 'theirs\n', 'output');
      },
    },
  ],
);
