import { at, type Dock, type Spec } from '../../containers/dock.js';
import { containers } from '../../containers/family.js';
import { demand, same, Unmet } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

const ms = 1_000_000;

/** A container whose health check passes while a file exists. */
const checked = (more: object = {}, Cmd = ['sleep', '600']): Spec => ({
  Cmd,
  Healthcheck: { Test: ['CMD', 'cat', '/tmp/healthy'], Interval: 100 * ms, Timeout: 5000 * ms, Retries: 2, ...more },
});

/** Wait for a status of health. */
async function becomes(d: Dock, id: string, status: string): Promise<void> {
  await d.until(id, ['State', 'Health', 'Status'], status);
}

/** Health checks. */
export const health: readonly Requirement[] = containers(
  { operationId: 'ContainerInspect', pointer: '/definitions/Health', features: ['containers', 'health-checks'] },
  [
    {
      id: 'health-starting',
      title: 'before the first check a container is starting',
      why: 'Orchestrators wait.',
      async check(d) {
        const { id } = await d.running(checked({ Interval: 3_600_000 * ms }));
        (await d.inspect(id)).at('State', 'Health', 'Status').is('starting');
      },
    },
    {
      id: 'health-healthy',
      title: 'a check that passes makes it healthy',
      why: 'Orchestrators send requests from then on.',
      async check(d) {
        const { id } = await d.running(checked({}, ['sh', '-c', 'echo > /tmp/healthy; sleep 600']));
        await becomes(d, id, 'healthy');
        (await d.inspect(id)).at('State', 'Health', 'FailingStreak').is(0);
      },
    },
    {
      id: 'health-unhealthy',
      title: 'checks that fail as often as Retries says make it unhealthy, and the log says why',
      why: 'Orchestrators replace it.',
      async check(d) {
        const { id } = await d.running(checked());
        await becomes(d, id, 'unhealthy');
        const found = (await d.inspect(id)).at('State', 'Health');
        demand(found.at('FailingStreak').number() >= 2, 'FailingStreak', '2 or more', found.at('FailingStreak').value);
        const last = found.at('Log').array().at(-1);
        if (last === undefined) throw new Unmet('Health.Log', 'an entry', 'none');
        last.at('ExitCode').is(1);
        last.at('Output').matches(/healthy/);
      },
    },
    {
      id: 'health-recovers',
      title: 'one check that passes makes an unhealthy container healthy again',
      features: ['containers', 'health-checks', 'exec'],
      why: 'It may serve again.',
      async check(d) {
        const { id } = await d.running(checked());
        await becomes(d, id, 'unhealthy');
        const mend = await d.exec(id, ['sh', '-c', 'echo > /tmp/healthy']);
        await (await d.startExec(mend)).ended();
        await becomes(d, id, 'healthy');
      },
    },
    {
      id: 'health-none',
      title: 'NONE takes the check of the image away',
      images: ['configured'],
      why: 'It is the only way.',
      async check(d) {
        const spec = {
          Image: d.image('configured'),
          Entrypoint: ['sleep'],
          Cmd: ['600'],
          Healthcheck: { Test: ['NONE'] },
        };
        const { id } = await d.running(spec);
        const status = (await d.inspect(id)).at('State', 'Health', 'Status').value;
        same(status === undefined || status === 'none' || status === '', true, `no health, not ${String(status)}`);
      },
    },
    {
      id: 'health-shell',
      title: 'CMD-SHELL gives its text to the shell',
      why: 'Checks are lines of shell.',
      async check(d) {
        const Test = ['CMD-SHELL', 'cat /none || echo fine'];
        const { id } = await d.running(checked({ Test }));
        await becomes(d, id, 'healthy');
        const [entry] = (await d.inspect(id)).at('State', 'Health', 'Log').array();
        entry?.at('Output').matches(/fine/);
      },
    },
    {
      id: 'health-listed',
      title: 'a list tells the health in Status',
      observed: true,
      why: 'People see at once what is wrong.',
      async check(d) {
        const { id } = await d.running(checked());
        await becomes(d, id, 'unhealthy');
        const query = { filters: JSON.stringify({ id: [id] }) };
        const [entry] = (await d.api.get('/containers/json', { query })).status(200).json().array();
        entry?.at('Status').matches(/\(unhealthy\)/);
        (await d.api.get(at(id, '/json'))).status(200);
      },
    },
  ],
);
