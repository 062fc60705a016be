import { at } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

/** Starting containers, and what runs in them. */
export const start: readonly Requirement[] = containers(
  { operationId: 'ContainerStart', pointer: operationPointer('POST', '/containers/{id}/start') },
  [
    {
      id: 'runs',
      title: 'a container that was started runs',
      pointer: '+/responses/204',
      why: 'It is what the operation is for.',
      async check(d) {
        const state = (await d.inspect((await d.running()).id)).at('State');
        state.at('Status').is('running');
        state.at('Running').is(true);
        demand(state.at('Pid').number() > 0, state.at('Pid').place, 'a process', state.at('Pid').value);
        demand(Date.parse(state.at('StartedAt').string()) > 0, state.at('StartedAt').place, 'a time', state.value);
      },
    },
    {
      id: 'by-name',
      title: 'a container is started by its name',
      why: 'People know names.',
      async check(d) {
        const { name } = await d.create();
        (await d.api.post(at(name, '/start'))).status(204);
      },
    },
    {
      id: 'running',
      title: 'starting what runs is answered 304',
      pointer: '+/responses/304',
      why: 'Clients start without looking first.',
      async check(d) {
        (await d.api.post(at((await d.sleeper()).id, '/start'))).status(304);
      },
    },
    {
      id: 'again',
      title: 'a container that has ended is started again',
      why: 'Its files are still there.',
      async check(d) {
        const { id, code } = await d.ran(['sh', '-c', 'cat /tmp/mark && exit 5; echo > /tmp/mark; exit 4']);
        same(code, 4, 'exit code of the first run');
        await d.start(id);
        same(await d.wait(id), 5, 'exit code of the second run');
      },
    },
    {
      id: 'program-absent',
      title: 'a program that is not there is answered 400 and leaves exit code 127',
      observed: true,
      why: 'Shells and CI tell the causes apart by it.',
      async check(d) {
        const { id } = await d.create({ Cmd: ['/no/such/program'] });
        (await d.api.post(at(id, '/start'))).error(400);
        const state = (await d.inspect(id)).at('State');
        state.at('Running').is(false);
        state.at('ExitCode').is(127);
      },
    },
    {
      id: 'program-not-executable',
      title: 'a file that cannot be executed is answered 400 and leaves exit code 126',
      observed: true,
      why: 'Shells and CI tell the causes apart by it.',
      async check(d) {
        const { id } = await d.create({ Cmd: ['/files/plain'] });
        (await d.api.post(at(id, '/start'))).error(400);
        (await d.inspect(id)).at('State', 'ExitCode').is(126);
      },
    },
    {
      id: 'environment',
      title: 'the process has the environment, user, directory and host name of the configuration',
      why: 'It is what the configuration is for.',
      async check(d) {
        const spec = { Env: ['MINE=of mine'], User: '1000:1000', WorkingDir: '/files', Hostname: 'of-mine' };
        const text = await d.printed(['sh', '-c', 'echo "$MINE"; id -u; id -g; pwd; hostname'], spec);
        same(text, 'of mine\n1000\n1000\n/files\nof-mine\n', 'output');
      },
    },
    {
      id: 'user-by-name',
      title: 'a user by name is looked up in the image',
      why: 'Images name their users.',
      async check(d) {
        same(await d.printed(['id', '-u'], { User: 'tester' }), '1000\n', 'output');
      },
    },
    {
      id: 'working-directory-made',
      title: 'a working directory that is not there is made',
      observed: true,
      why: 'Builds count on it.',
      async check(d) {
        same(await d.printed(['pwd'], { WorkingDir: '/made/here' }), '/made/here\n', 'output');
      },
    },
    {
      id: 'read-only',
      title: 'with ReadonlyRootfs nothing can be written',
      pointer: '/definitions/HostConfig',
      why: 'It is a safeguard.',
      async check(d) {
        const { code } = await d.ran(['sh', '-c', 'echo x > /files/new'], { HostConfig: { ReadonlyRootfs: true } });
        demand(code !== 0, 'exit code of a write', 'a failure', code);
      },
    },
    {
      id: 'exit-code',
      title: 'State.ExitCode is what the process ended with',
      why: 'CI passes or fails by it.',
      async check(d) {
        const found = (await d.inspect((await d.spoken()).id)).at('State');
        found.at('Status').is('exited');
        found.at('Running').is(false);
        found.at('ExitCode').is(3);
        const [began, ended] = ['StartedAt', 'FinishedAt'].map((member) => Date.parse(found.at(member).string()));
        demand((began ?? 0) <= (ended ?? 0), 'FinishedAt', 'not before StartedAt', found.value);
      },
    },
    {
      id: 'auto-remove',
      title: 'with AutoRemove the container goes when its process ends',
      pointer: '/definitions/HostConfig',
      why: 'Nothing is to be left.',
      async check(d) {
        const { id } = await d.create({ Cmd: ['true'], HostConfig: { AutoRemove: true } });
        const removed = await d.follow('POST', at(id, '/wait'), { condition: 'removed' });
        await d.start(id);
        await removed.ended();
        (await d.api.get(at(id, '/json'))).error(404);
      },
    },
    {
      id: 'restart-on-failure',
      title: 'the policy on-failure runs a failing process again, so many times',
      pointer: '/definitions/RestartPolicy',
      why: 'Services come back after a crash, and not for ever.',
      async check(d) {
        const RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 1 };
        const { id } = await d.running({ Cmd: ['false'], HostConfig: { RestartPolicy } });
        await d.until(id, ['RestartCount'], 1);
        await d.until(id, ['State', 'Status'], 'exited');
      },
    },
  ],
);
