import { expect } from 'chai';
import type { ProcessSpec } from '../../../../src/support/sandbox/types.js';
import { attempt, container, run } from '../support.js';

type Recorded = readonly [
  argv: readonly string[],
  code: number,
  stdout: string,
  stderr?: string,
  spec?: Partial<ProcessSpec>,
];

const doubling = 'i=0; s=x; while [ $i -lt 15 ]; do s=$s$s; i=$((i+1)); done; echo $s';

/** Commands of containers and execs that were recorded with dockerd 29.7.2, with what came out of them. */
const recorded: readonly Recorded[] = [
  [['true'], 0, ''],
  [['false'], 1, ''],
  [['echo', 'hi'], 0, 'hi\n'],
  [['echo', 'a', 'b'], 0, 'a b\n'],
  [['pwd'], 0, '/dir\n', '', { cwd: '/dir' }],
  [['id', '-u'], 0, '1000\n', '', { user: '1000' }],
  [['id', '-u'], 0, '65534\n', '', { user: '65534' }],
  [['cat', '/dir/file'], 0, 'from the image\n'],
  [['sh', '-c', 'exit 4'], 4, ''],
  [['sh', '-c', 'echo cli; exit 5'], 5, 'cli\n'],
  [['sh', '-c', 'echo o; echo e >&2; exit 6'], 6, 'o\n', 'e\n'],
  [
    ['sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2'],
    0,
    'line 1\nline 2\nline 3\nline 4\nline 5\n',
    'oops\n',
  ],
  [['sh', '-c', 'pwd; echo $A'], 0, '/tmp\nb\n', '', { cwd: '/tmp', env: ['PATH=/bin', 'A=b'] }],
  [['sh', '-c', 'printf abc; printf def >&2'], 0, 'abc', 'def'],
  [['sh', '-c', doubling], 0, `${'x'.repeat(32_768)}\n`],
  [['sh', '-c', 'echo x > /tmp/new; cat /tmp/new'], 0, 'x\n'],
  [['/bin/sh', '-c', 'echo more >> /dir/file; cat /dir/file'], 0, 'from the image\nmore\n'],
  [['sh', '-c', 'echo a; echo b >&2'], 0, 'a\r\nb\r\n', '', { tty: true }],
];

describe('commands of the recordings', () => {
  for (const [argv, code, stdout, stderr = '', spec = {}] of recorded) {
    it(argv.join(' ').slice(0, 80), async () => {
      expect(await run(argv, spec)).to.deep.equal({ code, stdout, stderr });
    });
  }

  it('give what comes on standard input to cat', async () => {
    expect(await run(['cat'], { input: 'to cat\n' })).to.deep.equal({ code: 0, stdout: 'to cat\n', stderr: '' });
  });

  const failures: readonly (readonly [
    argv: readonly string[],
    message: string,
    code: number,
    spec?: Partial<ProcessSpec>,
  ])[] = [
    [['no-such-program'], 'exec: "no-such-program": executable file not found in $PATH', 127],
    [['/no/such'], 'exec: "/no/such": stat /no/such: no such file or directory', 127],
    [['/tmp'], 'exec: "/tmp": is a directory: permission denied', 126],
    [['/etc/passwd'], 'exec: "/etc/passwd": permission denied', 126],
    [['true'], 'unable to find user nobody-here: no matching entries in passwd file', 128, { user: 'nobody-here' }],
    [['true'], 'unable to find group nope: no matching entries in group file', 128, { user: '0:nope' }],
  ];
  for (const [argv, message, exitCode, spec = {}] of failures) {
    it(`cannot start: ${message}`, async () => {
      const { sandbox } = await container();
      const { result } = attempt(sandbox, argv, spec);
      expect(result).to.deep.include({ ok: false }).and.have.property('failure').that.includes({ message, exitCode });
    });
  }
});
