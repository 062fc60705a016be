import { expect } from 'chai';
import { simulatedModel } from '../../../../src/support/sandbox/simulated.js';
import { container, type Running, sh } from '../support.js';

describe('a program that wants all of its input', () => {
  for (const [what, script, code] of [
    ['to code it', 'base64 /dev/zero >/dev/null', 1],
    ['to turn it round', `yes "$(head -c 100000 /dev/zero | tr '\\0' x)" | tac`, 1],
    ['to sort it', `yes "$(head -c 100000 /dev/zero | tr '\\0' x)" | sort`, 2],
    ['to call others with it', 'xargs true < /dev/zero', 1],
    ['to edit it', `yes "$(head -c 100000 /dev/zero | tr '\\0' x)" | sed -n H`, 1],
  ] as const)
    it(`ends where there is no end of it: ${what}`, async () => {
      const ended = await sh(script);
      expect(ended.code).to.equal(code);
      expect(ended.stderr).to.match(/File too large|out of memory/);
    });

  it('is ended where all containers together hold too much, the largest first', async () => {
    const model = simulatedModel({ memory: 600_000 });
    const keep = async (bytes: number): Promise<Running> => {
      const box = await container({ model });
      const text = `x=a; while [ \${#x} -lt ${bytes} ]; do x=$x$x; done; echo ready; sleep 1000`;
      const running = box.start(['sh', '-c', text]);
      while (running.stdout === '' && running.process.status === undefined) await new Promise((go) => setImmediate(go));
      return running;
    };
    const small = await keep(100);
    const large: Running[] = [];
    for (let i = 0; i < 8; i++) large.push(await keep(100_000));
    // Each holds 128 KiB.
    expect(large.filter(({ process }) => process.status === undefined)).to.have.length(4);
    expect(small.process.status).to.equal(undefined);
    expect(await large.find(({ process }) => process.status !== undefined)?.exit).to.include({
      code: 137,
      oomKilled: true,
    });
  });

  for (const [what, script] of [
    ['variables', 'i=0; while :; do eval "v$i=1"; i=$((i+1)); done'],
    ['long names', 'x=$(head -c 10000 /dev/zero | tr "\\0" x); i=0; while :; do eval "$x$i=1"; i=$((i+1)); done'],
    ['functions', 'i=0; while :; do eval "f$i() { echo $i; }"; i=$((i+1)); done'],
    ['aliases', 'i=0; while :; do alias a$i=b; i=$((i+1)); done'],
  ] as const)
    it(`is ended where there is no end of its ${what}`, async () => {
      const box = await container({ model: simulatedModel({ memory: 600_000 }) });
      expect(await sh(script, { in: box })).to.deep.include({ code: 137 });
    });

  for (const [what, prepare, child] of [
    ['variables', 'eval "v$i=1"', '(sleep 1000)'],
    ['functions', 'eval "f$i() { :; }"', '(sleep 1000)'],
    ['aliases', 'alias a$i=b', '(sleep 1000)'],
    ['descriptors', 'eval "exec $((i+10))</dev/null"', '(sleep 1000)'],
    ['variables in environments', ':', 'export x=$(seq $i $((i+9999)) | tr "\\n" x); sleep 1000'],
    ['arguments', ':', 'sleep 1000 $(seq $i $((i+2000)))'],
  ] as const)
    it(`has few children where they have many ${what}`, async () => {
      const box = await container({ model: simulatedModel({ memory: 600_000 }) });
      const loop = (count: number, act: string): string =>
        `i=0; while [ $i -lt ${count} ]; do ${act}\n i=$((i+1)); done`;
      const begun = 'for i in $(seq 50); do : | :; done';
      const { stdout } = await sh(
        `${loop(400, prepare)}; ${loop(60, `${child} &`)}; ${begun}; ps | grep -c "0:00 sleep 1000"`,
        {
          in: box,
        },
      );
      expect(Number(stdout)).to.be.below(50);
    });

  it('holds a function or an alias once, however often it is defined anew', async () => {
    for (const act of [
      'f() { echo some words; }',
      'alias f="echo some words"',
      'f() { :; }; unset -f f; alias g=h; unalias g',
    ]) {
      const box = await container({ model: simulatedModel({ memory: 600_000 }) });
      const script = `i=0; while [ $i -lt 5000 ]; do ${act}; i=$((i+1)); done; echo $i`;
      expect(await sh(script, { in: box }), act).to.deep.include({ stdout: '5000\n' });
    }
  });

  it('is lent nothing by what it lets go of that is its parent’s', async () => {
    const box = await container({ model: simulatedModel({ memory: 600_000 }) });
    const script =
      'x=$(head -c 250000 /dev/zero | tr "\\0" x); (x=; y=$(head -c 150000 /dev/zero | tr "\\0" y); z=$y$y; sleep 0); echo $?';
    expect((await sh(script, { in: box })).stdout).to.equal('137\n');
  });

  it('makes no children where all containers together have too many processes', async () => {
    const model = simulatedModel({ tasks: 5 });
    const start = async (count: number): Promise<Running> =>
      (await container({ model })).start(['sh', '-c', `for i in $(seq ${count}); do sleep 1000 & done; wait`]);
    const first = await start(2);
    const second = await start(4);
    await second.exit;
    expect(second.stderr).to.equal("sh: can't fork: Resource temporarily unavailable\n");
    expect(first.process.status).to.equal(undefined);
  });

  it('opens no more files than a bound', async () => {
    const { code, stderr } = await sh('i=3; while :; do eval "exec $i</dev/null" || exit 3; i=$((i+1)); done');
    expect(stderr).to.match(/Too many open files/);
    expect(code).to.be.greaterThan(0);
  });

  it('holds nothing of a file any more when it takes the next one', async () => {
    const box = await container();
    box.fs.writeFile('/f', Buffer.alloc(12 << 20));
    box.fs.writeFile('/long', Buffer.alloc((16 << 20) + 1));
    const ended = await sh('base64 /long /f /long /f /f >/dev/null', { in: box });
    expect(ended.code).to.equal(1);
    expect(ended.stderr.match(/File too large/g)).to.have.length(2);
  });

  it('keeps of the end of a file what it is asked for', async () => {
    const box = await container();
    box.fs.writeFile('/f', Buffer.concat([Buffer.alloc(4_999_998, 'ab\n'), Buffer.from('the\nend')]));
    const tail = async (args: string): Promise<string> => (await sh(`tail ${args} /f`, { in: box })).stdout;
    expect(await tail('-n 2')).to.equal('the\nend');
    expect(await tail('-c 5')).to.equal('e\nend');
    expect((await tail('-c 4000000')).length).to.equal(4_000_000);
    expect((await tail('-n 1000000')).split('\n')).to.have.length(1_000_000);
    expect(await tail('-n 0')).to.equal('');
  });

  it('says where the end that it is asked for is too long', async () => {
    for (const [args, told] of [
      ['-n 99999999', '0\n'],
      ['-c 99999999', '0\n'],
      ['-c 16777216', '16777216\n'],
    ]) {
      const box = await container();
      box.fs.writeFile('/f', Buffer.alloc((16 << 20) + 2, 'a\n'));
      expect(await sh(`tail ${args} /f | wc -c`, { in: box }), args).to.deep.include({
        stdout: told,
        stderr: told === '0\n' ? 'tail: read error: File too large\n' : '',
      });
    }
  });

  it('sorts many lines as few, equal ones in their order', async () => {
    const { stdout } = await sh(
      `for i in $(seq 1 3); do seq 1 1000; done | sed 's/$/ x/' | sort -n -s -k 1,1 | uniq -c | sort -rn | tail -n 1`,
    );
    expect(stdout).to.match(/^ +3 1 x\n$/);
    expect((await sh('seq 1 5000 | sort -rn | head -n 2; seq 5000 -1 1 | sort -u | wc -l')).stdout).to.equal(
      '5000\n4999\n5000\n',
    );
  });
});
