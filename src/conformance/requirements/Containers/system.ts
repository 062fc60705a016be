import { containers, operationPointer } from '../../containers/family.js';
import { demand, same, Unmet } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { atMost } from '../../version.js';
import { diskUsage } from '../common.js';

const info = containers({ operationId: 'SystemInfo', pointer: operationPointer('GET', '/info') }, [
  {
    id: 'containers-by-state',
    title: 'containers are counted by state, and the states make up all',
    observed: true,
    why: 'Dashboards show them.',
    async check(d) {
      await d.sleeper();
      await d.fresh();
      const found = (await d.api.get('/info')).status(200).json();
      const [all, running, paused, stopped] = [
        'Containers',
        'ContainersRunning',
        'ContainersPaused',
        'ContainersStopped',
      ].map((member) => found.at(member).number());
      same((running ?? 0) + (paused ?? 0) + (stopped ?? 0), all, 'sum of the states');
      demand((running ?? 0) >= 1 && (stopped ?? 0) >= 1, 'counts', 'those of the suite at least', [running, stopped]);
    },
  },
]);

const usage = containers({ operationId: 'SystemDataUsage', pointer: operationPointer('GET', '/system/df') }, [
  {
    id: 'containers',
    title: 'the usage of disks has the containers, with their sizes',
    pointer: '+/responses/200',
    why: 'Disks fill up.',
    async check(d) {
      const { id } = await d.ran(['sh', '-c', 'seq 20000 > /big']);
      const query = { type: 'container', verbose: '1' };
      const found = (await diskUsage(d.api, { query, version: atMost(d.t.version, '1.51') }))
        .status(200)
        .json()
        .at('Containers')
        .array();
      const entry = found.find((container) => container.at('Id').value === id);
      if (!entry) throw new Unmet('Containers', id, `${found.length} others`);
      demand(entry.at('SizeRw').number() >= 100_000, 'SizeRw', 'what was written', entry.at('SizeRw').value);
    },
  },
  {
    id: 'volumes',
    title: 'the usage of disks has the volumes, with their users',
    features: ['containers', 'volumes'],
    pointer: '/definitions/Volume',
    why: 'Disks fill up.',
    async check(d) {
      const name = await d.volume();
      await d.create({ HostConfig: { Binds: [`${name}:/v`] } });
      const query = { type: 'volume', verbose: '1' };
      const found = (await diskUsage(d.api, { query, version: atMost(d.t.version, '1.51') }))
        .status(200)
        .json()
        .at('Volumes')
        .array();
      const entry = found.find((volume) => volume.at('Name').value === name);
      if (!entry) throw new Unmet('Volumes', name, `${found.length} others`);
      entry.at('UsageData', 'RefCount').is(1);
    },
  },
]);

const images = containers({ operationId: 'ImageDelete', pointer: operationPointer('DELETE', '/images/{name}') }, [
  {
    id: 'used-by-container',
    title: 'an image that a running container was made of is answered 409',
    pointer: '+/responses/409',
    why: 'The container would lose its files.',
    async check(d) {
      const image = await d.t.fresh('program');
      await d.running({ Image: image.name });
      (await d.api.delete(`/images/${image.name}`)).error(409);
      (await d.api.get(`/images/${image.name}/json`)).status(200);
    },
  },
]);

/** Effects of containers on the rest of the API. */
export const aroundContainers: readonly Requirement[] = [info, usage, images].flat();
