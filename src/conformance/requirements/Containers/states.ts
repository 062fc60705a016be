import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { pause } from '../common.js';

const pointer = (action: string): string => operationPointer('POST', `/containers/{id}/${action}`);

/** A process that prints a line and exits with 7 on SIGTERM. */
const obedient = ['sh', '-c', 'trap "echo told; exit 7" TERM; echo ready; sleep 60 & wait'];

/**
 * A process that ignores SIGTERM. It prints a line first, because a starting process may still be ended by any signal.
 */
const deaf = { Cmd: ['sh', '-c', 'echo ready; sleep 86400'] };

/** A running container whose process has set its trap. */
async function obeying(d: Dock, spec = {}): Promise<string> {
  const { id } = await d.running({ Cmd: obedient, ...spec });
  await d.says(id, 'ready');
  return id;
}

async function exitCode(d: Dock, id: string): Promise<number> {
  return (await d.until(id, ['State', 'Running'], false)).at('State', 'ExitCode').number();
}

const stop = containers({ operationId: 'ContainerStop', pointer: pointer('stop') }, [
  {
    id: 'told',
    title: 'the process is told by SIGTERM and ends by itself',
    pointer: '+/responses/204',
    why: 'Programs save their work then.',
    async check(d) {
      const id = await obeying(d);
      (await d.api.post(at(id, '/stop'))).status(204);
      same(await exitCode(d, id), 7, 'exit code');
    },
  },
  {
    id: 'timeout',
    title: 'a process that does not end is killed after t seconds',
    pointer: '+/parameters/2',
    why: 'A stop must end.',
    async check(d) {
      const id = await obeying(d, deaf);
      const before = performance.now();
      (await d.api.post(at(id, '/stop'), { query: { t: '0' } })).status(204);
      same(await exitCode(d, id), 137, 'exit code');
      // Without t it would be ten.
      const took = performance.now() - before;
      demand(took < 8000, 'duration of the stop', 'at once', `${Math.round(took)} ms`);
    },
  },
  {
    id: 'timeout-of-container',
    title: 'without t the StopTimeout of the container counts',
    why: 'Who made it knows how long it takes.',
    async check(d) {
      const id = await obeying(d, { ...deaf, StopTimeout: 1 });
      const before = performance.now();
      (await d.api.post(at(id, '/stop'))).status(204);
      same(await exitCode(d, id), 137, 'exit code');
      const took = performance.now() - before;
      demand(took > 700 && took < 8000, 'duration of the stop', 'about a second', `${Math.round(took)} ms`);
    },
  },
  {
    id: 'signal-of-container',
    title: 'the StopSignal of the container is sent',
    why: 'Who made it knows what the program listens to.',
    async check(d) {
      const Cmd = ['sh', '-c', 'trap "exit 8" USR1; echo ready; sleep 60 & wait'];
      const id = await obeying(d, { Cmd, StopSignal: 'SIGUSR1' });
      (await d.api.post(at(id, '/stop'))).status(204);
      same(await exitCode(d, id), 8, 'exit code');
    },
  },
  {
    id: 'signal',
    title: 'signal takes the place of SIGTERM',
    pointer: '+/parameters/1',
    since: '1.42',
    why: 'Some programs end well by another one only.',
    async check(d) {
      const Cmd = ['sh', '-c', 'trap "exit 9" INT; echo ready; sleep 60 & wait'];
      const id = await obeying(d, { Cmd });
      (await d.api.post(at(id, '/stop'), { query: { signal: 'SIGINT' } })).status(204);
      same(await exitCode(d, id), 9, 'exit code');
    },
  },
  {
    id: 'stopped',
    title: 'stopping what does not run is answered 304',
    pointer: '+/responses/304',
    why: 'Clients stop without looking first.',
    async check(d) {
      (await d.api.post(at((await d.spoken()).id, '/stop'))).status(304);
      (await d.api.post(at((await d.fresh()).id, '/stop'))).status(304);
    },
  },
  {
    id: 'no-restart',
    title: 'a restart policy does not bring back what was stopped',
    pointer: '/definitions/RestartPolicy',
    why: 'A stop is a stop.',
    async check(d) {
      const { id } = await d.running({ HostConfig: { RestartPolicy: { Name: 'always' } } });
      (await d.api.post(at(id, '/stop'), { query: { t: '0' } })).status(204);
      await pause(300);
      (await d.inspect(id)).at('State', 'Status').is('exited');
    },
  },
]);

const restart = containers({ operationId: 'ContainerRestart', pointer: pointer('restart') }, [
  {
    id: 'running',
    title: 'what runs is ended and started anew',
    pointer: '+/responses/204',
    why: 'Programs read their configuration again.',
    async check(d) {
      const { id } = await d.running();
      const before = (await d.inspect(id)).at('State', 'StartedAt').string();
      (await d.api.post(at(id, '/restart'), { query: { t: '0' } })).status(204);
      const after = (await d.inspect(id)).at('State');
      after.at('Running').is(true);
      const again = after.at('StartedAt').string();
      // As times, not as texts: fractions of a second end before their zeros.
      demand(Date.parse(again) > Date.parse(before), 'StartedAt', `later than ${before}`, again);
    },
  },
  {
    id: 'stopped',
    title: 'what does not run is started',
    pointer: '+/responses/204',
    why: 'Clients restart without looking first.',
    async check(d) {
      const { id } = await d.create();
      (await d.api.post(at(id, '/restart'))).status(204);
      (await d.inspect(id)).at('State', 'Running').is(true);
    },
  },
  {
    id: 'signal',
    title: 'signal takes the place of SIGTERM',
    pointer: '+/parameters/1',
    since: '1.42',
    why: 'Some programs end well by another one only.',
    async check(d) {
      const Cmd = ['sh', '-c', 'trap "echo by INT; exit 9" INT; echo ready; sleep 60 & wait'];
      const id = await obeying(d, { Cmd });
      (await d.api.post(at(id, '/restart'), { query: { signal: 'SIGINT' } })).status(204);
      await d.says(id, 'by INT');
    },
  },
]);

const kill = containers({ operationId: 'ContainerKill', pointer: pointer('kill') }, [
  {
    id: 'killed',
    title: 'without a signal the process is killed',
    pointer: '+/responses/204',
    why: 'It is what the operation is for.',
    async check(d) {
      const { id } = await d.running();
      (await d.api.post(at(id, '/kill'))).status(204);
      same(await exitCode(d, id), 137, 'exit code');
    },
  },
  ...(['TERM', 'SIGTERM', '15'] as const).map((signal) => ({
    id: `signal-${signal.toLowerCase()}`,
    title: `signal ${signal} is sent to the process`,
    pointer: '+/parameters/1',
    why: 'Signals tell programs what to do.',
    async check(d: Dock) {
      const id = await obeying(d);
      (await d.api.post(at(id, '/kill'), { query: { signal } })).status(204);
      same(await exitCode(d, id), 7, 'exit code');
    },
  })),
  {
    id: 'signal-unknown',
    title: 'a signal that is none is refused',
    observed: true,
    why: 'Nothing must be killed by a slip of the pen.',
    async check(d) {
      (await d.api.post(at((await d.sleeper()).id, '/kill'), { query: { signal: 'SIGNONE' } })).error(400);
    },
  },
  {
    id: 'stopped',
    title: 'what does not run is answered 409',
    pointer: '+/responses/409',
    why: 'The signal reached nobody.',
    async check(d) {
      (await d.api.post(at((await d.fresh()).id, '/kill'))).error(409);
    },
  },
]);

const pausing = containers(
  { operationId: 'ContainerPause', pointer: pointer('pause'), features: ['containers', 'pausing'] },
  [
    {
      id: 'paused',
      title: 'a container that was paused stands still, and counts as running',
      pointer: '+/responses/204',
      why: 'It is what the operation is for.',
      async check(d) {
        const { id } = await d.running();
        (await d.api.post(at(id, '/pause'))).status(204);
        const state = (await d.inspect(id)).at('State');
        state.at('Status').is('paused');
        state.at('Paused').is(true);
        state.at('Running').is(true);
      },
    },
    {
      id: 'exec',
      title: 'nothing can be executed in a paused container: 409',
      features: ['containers', 'pausing', 'exec'],
      pointer: `${operationPointer('POST', '/containers/{id}/exec')}/responses/409`,
      why: 'It could not begin.',
      async check(d) {
        const { id } = await d.running();
        (await d.api.post(at(id, '/pause'))).status(204);
        (await d.post(at(id, '/exec'), { Cmd: ['true'] })).error(409);
      },
    },
    {
      id: 'stopped',
      title: 'what does not run cannot be paused: 409',
      observed: true,
      why: 'There is nothing to hold.',
      async check(d) {
        (await d.api.post(at((await d.fresh()).id, '/pause'))).error(409);
      },
    },
    {
      id: 'twice',
      title: 'what is paused cannot be paused: 409',
      observed: true,
      why: 'One unpause would not free it.',
      async check(d) {
        const { id } = await d.running();
        (await d.api.post(at(id, '/pause'))).status(204);
        (await d.api.post(at(id, '/pause'))).error(409);
      },
    },
  ],
);

const unpause = containers(
  { operationId: 'ContainerUnpause', pointer: pointer('unpause'), features: ['containers', 'pausing'] },
  [
    {
      id: 'runs-again',
      title: 'a container that was paused goes on',
      pointer: '+/responses/204',
      why: 'It is what the operation is for.',
      async check(d) {
        const { id } = await d.running();
        (await d.api.post(at(id, '/pause'))).status(204);
        (await d.api.post(at(id, '/unpause'))).status(204);
        // Pause events may arrive after the answer to unpause.
        const state = (await d.until(id, ['State', 'Status'], 'running')).at('State');
        state.at('Paused').is(false);
      },
    },
    {
      id: 'running',
      title: 'what is not paused cannot be freed',
      observed: true,
      why: 'The client took it for another one.',
      async check(d) {
        (await d.api.post(at((await d.sleeper()).id, '/unpause'))).error(409, 500);
      },
    },
  ],
);

/** Requirements of stop, restart, kill and pause. */
export const states: readonly Requirement[] = [stop, restart, kill, pausing, unpause].flat();
