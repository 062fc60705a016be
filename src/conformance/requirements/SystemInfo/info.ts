import { demand } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';

const definition = '/definitions/SystemInfo/properties';

/** Platform and resources of the daemon. */
export const info: readonly Requirement[] = requirements(
  { operationId: 'SystemInfo', features: ['engine'], pointer: pointers.info },
  [
    {
      id: 'server-version',
      title: 'ServerVersion is the Version of /version',
      pointer: `${definition}/ServerVersion`,
      why: 'Two views of one daemon must agree.',
      async check(t) {
        const version = (await t.api.get('/version')).status(200).json().at('Version').string();
        (await t.api.get('/info')).status(200).mediaType('application/json').json().at('ServerVersion').is(version);
      },
    },
    {
      id: 'id',
      title: 'ID is the same in two requests',
      pointer: `${definition}/ID`,
      why: 'Inventories key daemons by it.',
      async check(t) {
        const id = (await t.api.get('/info')).status(200).json().at('ID').string();
        (await t.api.get('/info')).status(200).json().at('ID').is(id);
      },
    },
    {
      id: 'images',
      title: 'Images is a number that is not negative',
      pointer: `${definition}/Images`,
      why: 'Dashboards show it.',
      async check(t) {
        const images = (await t.api.get('/info')).status(200).json().at('Images').number();
        demand(images >= 0, 'Images', 'not negative', images);
      },
    },
    {
      id: 'images-counted',
      title: 'Images counts what was loaded',
      features: ['engine', 'images'],
      images: ['basic'],
      pointer: `${definition}/Images`,
      why: 'Dashboards show it.',
      async check(t) {
        const images = (await t.api.get('/info')).status(200).json().at('Images').number();
        demand(images >= 1, 'Images', 'at least 1', images);
      },
    },
    {
      id: 'containers-counted',
      title: 'Containers is the sum of those that run, are paused and have stopped',
      ...asDockerd(['engine'], 'docs/reference/behavior/daemon.md#daemon-information'),
      why: 'Dashboards show all four.',
      async check(t) {
        const body = (await t.api.get('/info')).status(200).json();
        const of = (state: string): number => body.at(`Containers${state}`).number();
        body.at('Containers').is(of('Running') + of('Paused') + of('Stopped'));
      },
    },
    {
      id: 'os-type',
      title: 'OSType is the Os of /version',
      pointer: `${definition}/OSType`,
      why: 'Clients choose platforms by it.',
      async check(t) {
        (await t.api.get('/info')).status(200).json().at('OSType').is(t.daemon.os);
      },
    },
    {
      id: 'strings',
      title: 'Driver, Architecture, KernelVersion, OperatingSystem and Name are strings',
      pointer: '/definitions/SystemInfo',
      why: 'Support requests quote them.',
      async check(t) {
        const body = (await t.api.get('/info')).status(200).json();
        for (const member of ['Driver', 'Architecture', 'KernelVersion', 'OperatingSystem', 'Name'])
          body.at(member).string();
      },
    },
    {
      id: 'system-time',
      title: 'SystemTime is a time with its zone',
      pointer: `${definition}/SystemTime`,
      why: 'Clients measure the clock skew.',
      async check(t) {
        const text = (await t.api.get('/info')).status(200).json().at('SystemTime').string();
        demand(
          !Number.isNaN(Date.parse(text)) && /(Z|[+-]\d\d:\d\d)$/.test(text),
          'SystemTime',
          'an RFC 3339 time',
          text,
        );
      },
    },
    {
      id: 'driver-status',
      title: 'DriverStatus is a list of pairs',
      level: 'SHOULD',
      pointer: `${definition}/DriverStatus`,
      why: 'Clients find the image store in it.',
      async check(t) {
        for (const pair of (await t.api.get('/info')).status(200).json().at('DriverStatus').array()) {
          pair.at(0).string();
          pair.at(1).string();
        }
      },
    },
  ],
);
