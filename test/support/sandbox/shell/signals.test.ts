import { expect } from 'chai';
import { container, type Running } from '../support.js';

const TERM = 15;
const INT = 2;
const KILL = 9;

/** Let what can run do so. */
const rest = async (box: { readonly clock: { advance(ms: number): Promise<void> } }): Promise<void> =>
  box.clock.advance(0);

async function signalled(
  argv: readonly string[],
  signal: number,
): Promise<{ running: Running; box: Awaited<ReturnType<typeof container>> }> {
  const box = await container();
  const running = box.start(argv);
  await rest(box);
  running.process.signal(signal);
  await box.clock.advance(1000);
  return { running, box };
}

describe('signals', () => {
  it('that PID 1 has no handler for are ignored, except SIGKILL (docker stop ends with 137)', async () => {
    const { running } = await signalled(['sleep', '600'], TERM);
    expect(running.process.status).to.equal(undefined);
    running.process.signal(KILL);
    expect(await running.exit).to.deep.equal({ code: 137, signal: KILL, oomKilled: false });
  });

  it('end top, also as PID 1', async () => {
    for (const signal of [TERM, INT]) {
      const { running } = await signalled(['top'], signal);
      expect((await running.exit).code).to.equal(128 + signal);
    }
  });

  it('run the traps of a shell when its command is done', async () => {
    const { running } = await signalled(['sh', '-c', "trap 'exit 9' INT; while true; do sleep 0.1; done"], INT);
    expect((await running.exit).code).to.equal(9);
  });

  it('end other processes than PID 1', async () => {
    const box = await container();
    box.start(['sleep', '600']);
    const exec = box.start(['sleep', '600']);
    await rest(box);
    expect(exec.process.signal(TERM)).to.equal(true);
    expect(await exec.exit).to.deep.equal({ code: 143, signal: TERM, oomKilled: false });
    expect(exec.process.signal(TERM)).to.equal(false);
  });

  it('reach the children of a shell only from the shell', async () => {
    const { running } = await signalled(['sh', '-c', 'trap "kill $!; exit 3" TERM; sleep 600 & wait'], TERM);
    expect((await running.exit).code).to.equal(3);
  });

  it('wait while the container is paused, and SIGKILL does not', async () => {
    const box = await container();
    const running = box.start(['sh', '-c', "trap 'echo caught' TERM; while true; do sleep 1; done"]);
    await rest(box);
    box.sandbox.pause();
    running.process.signal(TERM);
    await box.clock.advance(5000);
    expect(running.stdout).to.equal('');
    box.sandbox.resume();
    await box.clock.advance(2000);
    expect(running.stdout).to.equal('caught\n');
    box.sandbox.pause();
    running.process.signal(KILL);
    expect((await running.exit).code).to.equal(137);
  });

  it('end everything in the container with PID 1', async () => {
    const box = await container();
    const init = box.start(['sleep', '1']);
    const exec = box.start(['sleep', '600']);
    await box.clock.advance(1000);
    expect((await init.exit).code).to.equal(0);
    expect((await exec.exit).code).to.equal(137);
    expect(box.sandbox.processes()).to.deep.equal([]);
  });
});

describe('processes of a container', () => {
  it('are listed with what runs: a shell with one command becomes it', async () => {
    const box = await container();
    box.start(['sh', '-c', 'sleep 60']);
    box.start(['sh', '-c', 'sleep 5; true']);
    await rest(box);
    expect(box.sandbox.processes().map(({ containerPid, argv }) => [containerPid, argv.join(' ')])).to.deep.equal([
      [1, 'sleep 60'],
      [2, 'sh -c sleep 5; true'],
      [3, 'sleep 5'],
    ]);
  });

  it('of an image run until they are stopped', async () => {
    const { entry, snapshotOf } = await import('../fs/support.js');
    const said: string[] = [];
    const box = await container({
      snapshot: await snapshotOf([entry('bin/'), entry('bin/postgres', { mode: 0o755, text: '\x7fELF' })]),
      options: { log: { debug: (message) => said.push(message), warn: () => {} } },
    });
    const running = box.start(['postgres']);
    await box.clock.advance(1_000_000);
    expect(running.process.status).to.equal(undefined);
    expect(said).to.deep.equal(['/bin/postgres: the program is simulated']);
    running.process.signal(TERM);
    expect((await running.exit).code).to.equal(143);
  });

  it('may not take more memory than the container has', async () => {
    const box = await container({ memory: 6 * 1024 * 1024 });
    const running = box.start(['sh', '-c', 'x=a; while true; do x=$x$x$x$x; done']);
    expect(await running.exit).to.deep.equal({ code: 137, signal: KILL, oomKilled: true });
  });

  it('leave time to others when they loop, and end when they are killed', async () => {
    const box = await container();
    const running = box.start(['sh', '-c', 'while :; do :; done']);
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
    running.process.signal(KILL);
    expect((await running.exit).code).to.equal(137);
  });

  it('leave time to others when they fork without end, however many they are', async () => {
    const box = await container();
    const running = box.start(['sh', '-c', 'f() { f | f & }; f; sleep 1000']);
    const begun: number[] = [];
    for (let before = 0, turns = 0; turns < 100; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      const count = box.sandbox.processes().length;
      begun.push(count - before);
      before = count;
    }
    running.process.signal(KILL);
    await running.exit;
    // Of a doubling that nobody interrupts, all the 2,048 that there may be begin in one turn.
    expect(Math.max(...begun)).to.be.below(700);
  });

  it('wait for whoever takes their output', async () => {
    const box = await container();
    let written = 0;
    let go = (): void => {};
    const running = box.start(['yes'], {
      stdout: {
        write: (bytes) => {
          written += bytes.length;
          return new Promise<void>((resolve) => {
            go = resolve;
          });
        },
      },
    });
    await rest(box);
    const first = written;
    expect(first).to.be.greaterThan(0);
    await rest(box);
    expect(written).to.equal(first);
    go();
    await rest(box);
    expect(written).to.be.greaterThan(first);
    running.process.signal(KILL);
    expect((await running.exit).code).to.equal(137);
  });

  it('may call themselves without end, and end as by a full stack', async () => {
    const box = await container();
    expect((await box.start(['sh', '-c', 'f() { f; }; f']).exit).code).to.equal(139);
  });
});
