import { expect } from 'chai';
import { processTable } from '../../../src/engine/containers/ps.js';
import { containerTop } from '../../../src/engine/containers/top.js';
import type { ProcessInfo } from '../../../src/support/sandbox/types.js';
import { parsed, refusal } from '../support.js';
import { type ContainerEngine, create, openContainers, run, settled, watchEvents } from './support.js';

const start = Date.UTC(2026, 0, 1, 10, 20, 30);
const sleep: ProcessInfo = {
  pid: 262,
  containerPid: 1,
  parent: 236,
  uid: 0,
  gid: 0,
  startedAt: start,
  cpu: 3_000_000_000n,
  tty: false,
  name: 'sleep',
  argv: ['sleep', '1000'],
  state: 'sleeping',
};

describe('the table of processes', () => {
  const row = (args: string) => {
    const { titles, rows } = processTable([sleep], args, start + 65_000);
    return `${titles.join(' ')} | ${rows.map((words) => words.join('|')).join()}`;
  };

  for (const [args, expected] of [
    ['-ef', 'UID PID PPID C STIME TTY TIME CMD | root|262|236|0|10:20|?|00:00:03|sleep 1000'],
    ['-f', 'UID PID PPID C STIME TTY TIME CMD | root|262|236|0|10:20|?|00:00:03|sleep 1000'],
    [
      'aux',
      'USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND | root|262|0.0|0.0|2632|1588|?|Ss|10:20|0:03|sleep 1000',
    ],
    ['-A', 'PID TTY TIME CMD | 262|?|00:00:03|sleep'],
    ['ax', 'PID TTY STAT TIME COMMAND | 262|?|Ss|0:03|sleep 1000'],
    ['-eo pid,comm', 'PID COMMAND | 262|sleep'],
    ['-o pid,user,args', 'PID USER COMMAND | 262|root|sleep 1000'],
    ['axo pid,ppid', 'PID PPID | 262|236'],
    ['-opid,etime', 'PID ELAPSED | 262|01:05'],
    ['-o pid -o comm=NAME', 'PID NAME | 262|sleep'],
  ] as const) {
    it(`has the columns that ${args} asks for`, () => {
      expect(row(args)).to.equal(expected);
    });
  }

  for (const [args, message] of [
    ['-o comm', "Couldn't find PID field in ps output"],
    ['bogus', 'ps: error: unsupported option (BSD syntax)'],
    ['-o nope', 'ps: error: unknown user-defined format specifier "nope"'],
  ] as const) {
    it(`is refused for ${args}`, async () => {
      expect(await refusal(() => processTable([sleep], args, start))).to.deep.equal(['INTERNAL', message]);
    });
  }

  describe('of a container', () => {
    let engine: ContainerEngine;

    beforeEach(async () => {
      engine = await openContainers();
    });

    afterEach(() => engine.close());

    it('is told of, and has Processes before Titles', async () => {
      const events = watchEvents(engine.context);
      const { id } = await run(engine.context);
      const table = parsed(containerTop(engine.context, id, '-o pid,args'));
      expect(table).to.deep.equal({ Processes: [['100', 'program']], Titles: ['PID', 'COMMAND'] });
      await settled();
      expect(events.at(-1)).to.equal('top');
    });

    it('needs one that runs, and no column that poses as PID', async () => {
      const { id } = await create(engine.context);
      expect(await refusal(() => containerTop(engine.context, id, ''))).to.deep.equal([
        'CONFLICT',
        `container ${id} is not running`,
      ]);
      expect(await refusal(() => containerTop(engine.context, id, '-o user=PID'))).to.deep.equal([
        'INTERNAL',
        'specifying "user=PID" is not allowed',
      ]);
    });
  });
});
