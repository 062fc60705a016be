import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { type Connection, type DaemonOptions, ManualClock, startDaemon } from '../../src/testing/server.js';
import { BUSYBOX, busyboxArchive } from '../e2e/support/busybox.js';

/** The JSON that a daemon answers; undefined for none. */
async function ask(connection: Connection, method: string, path: string, body?: object): Promise<unknown> {
  const answered = await new Promise<string>((resolve, reject) => {
    request({ ...connection, method, path, headers: { 'content-type': 'application/json' } }, (answer) =>
      resolve(text(answer)),
    )
      .on('error', reject)
      .end(body && JSON.stringify(body));
  });
  return answered === '' ? undefined : JSON.parse(answered);
}

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly ExitCode: number };
}

const worker = { name: 'worker', match: { command: 'work' }, run: [{ after: '1h', exit: 3 }] };

describe('containers of a daemon in a test', () => {
  const start = async (options: DaemonOptions = {}) => {
    const daemon = await startDaemon({ images: [busyboxArchive()], platform: 'linux/amd64', ...options });
    const run = async (...Cmd: readonly string[]): Promise<string> => {
      const { Id } = (await ask(daemon.connection, 'POST', '/containers/create', { Image: BUSYBOX, Cmd })) as Inspected;
      await ask(daemon.connection, 'POST', `/containers/${Id}/start`);
      return Id;
    };
    const state = async (id: string) =>
      ((await ask(daemon.connection, 'GET', `/containers/${id}/json`)) as Inspected).State;
    return { daemon, run, state };
  };

  it('do what a script says, at the time of the test', async () => {
    const time = new ManualClock();
    const { daemon, run, state } = await start({ time, scripts: [{ version: '1.0', scripts: [worker] }] });
    try {
      const id = await run('work');
      expect((await state(id)).Status).to.equal('running');
      await time.advance(3_600_000);
      expect(await state(id)).to.include({ Status: 'exited', ExitCode: 3 });
    } finally {
      await daemon.close();
    }
  });

  it('run the shell without one', async () => {
    const { daemon, run } = await start();
    try {
      const id = await run('sh', '-c', 'exit 4');
      expect(await ask(daemon.connection, 'POST', `/containers/${id}/wait`)).to.deep.include({ StatusCode: 4 });
    } finally {
      await daemon.close();
    }
  });

  it('are gone after a reset', async () => {
    const { daemon, run } = await start();
    try {
      await run('sleep', '1000');
      await daemon.reset();
      expect(await ask(daemon.connection, 'GET', '/containers/json?all=1')).to.deep.equal([]);
    } finally {
      await daemon.close();
    }
  });

  for (const [what, scripts, code] of [
    ['a file that is not there', ['/nonexistent.yaml'], 'NOT_FOUND'],
    [
      'scripts that are wrong',
      [{ version: '1.0', scripts: [{ name: 'a', signals: { NOPE: 'ignore' } }] }],
      'INVALID_ARGUMENT',
    ],
  ] as const)
    it(`do not start with ${what}`, async () => {
      const error = await start({ scripts }).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', code);
    });
});
