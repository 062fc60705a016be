import { at } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { features, inspectExec as inspect, said } from './exec.js';

/** Creating execs. */
export const execCreate: readonly Requirement[] = containers(
  { operationId: 'ContainerExec', pointer: operationPointer('POST', '/containers/{id}/exec'), features },
  [
    {
      id: 'created',
      title: 'an exec is created with an Id and does not run yet',
      pointer: '+/responses/201',
      why: 'Clients attach when they start it.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['true']);
        const found = await inspect(d, id);
        found.at('Running').is(false);
        found.at('ContainerID').is((await d.sleeper()).id);
      },
    },
    {
      id: 'commandless',
      title: 'no command is refused',
      observed: true,
      why: 'There is nothing to run.',
      async check(d) {
        (await d.post(at((await d.sleeper()).id, '/exec'), {})).error(400);
      },
    },
    {
      id: 'stopped',
      title: 'a container that does not run is answered 409',
      pointer: '+/responses/409',
      why: 'Nothing can run in it.',
      async check(d) {
        (await d.post(at((await d.fresh()).id, '/exec'), { Cmd: ['true'] })).error(409);
      },
    },
    {
      id: 'body-malformed',
      title: 'a body that is not JSON is refused',
      observed: true,
      why: 'Half a command must not run.',
      async check(d) {
        (await d.post(at((await d.sleeper()).id, '/exec'), '{"Cmd": ')).error(400);
      },
    },
    {
      id: 'listed',
      title: 'a container names its execs',
      pointer: '/definitions/ContainerInspectResponse',
      why: 'People see who is in.',
      async check(d) {
        const { id } = await d.running();
        const exec = await d.exec(id, ['sleep', '60']);
        (await d.post(`/exec/${exec}/start`, { Detach: true })).status(200);
        (await d.inspect(id)).at('ExecIDs').is([exec]);
      },
    },
    {
      id: 'environment',
      title: "Env is added to the container's",
      why: 'Commands are told by it.',
      async check(d) {
        const { stdout } = await said(d, ['env'], { Env: ['MINE=yes'] });
        const lines = stdout.split('\n');
        for (const wanted of ['MINE=yes', 'FROM_IMAGE=yes'])
          demand(lines.includes(wanted), 'environment', wanted, lines);
      },
    },
    {
      id: 'working-directory',
      title: 'WorkingDir is where the command runs',
      since: '1.35',
      why: 'Paths are relative to it.',
      async check(d) {
        same((await said(d, ['pwd'], { WorkingDir: '/files' })).stdout, '/files\n', 'output');
      },
    },
    {
      id: 'user',
      title: 'User is who runs the command',
      why: 'Files must not belong to root.',
      async check(d) {
        same((await said(d, ['sh', '-c', 'id -u; id -g'], { User: '1000:1000' })).stdout, '1000\n1000\n', 'output');
      },
    },
  ],
);
