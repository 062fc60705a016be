// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scripts are what is tested
import { expect } from 'chai';
import fc from 'fast-check';
import type { Task } from '../../../../src/support/sandbox/kernel/task.js';
import { expandPaths } from '../../../../src/support/sandbox/shell/glob.js';
import { Pattern, PatternTooCostly, replacePattern } from '../../../../src/support/sandbox/shell/pattern.js';
import { container, run, sh } from '../support.js';

describe('a shell pattern', () => {
  /** A pattern's matches by trying all lengths. */
  const lengths = (pattern: Pattern, text: string): number[] =>
    Array.from({ length: text.length + 1 }, (_, length) => length).filter((length) =>
      pattern.matches(text.slice(0, length)),
    );
  const starts = (pattern: Pattern, text: string): number[] =>
    Array.from({ length: text.length + 1 }, (_, start) => start).filter((start) => pattern.matches(text.slice(start)));
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
  const sources = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]', '/'), maxLength: 5 });

  it('finds what whole matches of every part of the text would', () => {
    fc.assert(
      fc.property(sources, letters, (source, text) => {
        const pattern = new Pattern(source);
        const [ends, begins] = [lengths(pattern, text), starts(pattern, text)];
        expect(pattern.prefix(text, false)).to.equal(ends[0]);
        expect(pattern.prefix(text, true)).to.equal(ends.at(-1));
        expect(pattern.suffix(text, true)).to.equal(begins[0]);
        expect(pattern.suffix(text, false)).to.equal(begins.at(-1));
      }),
    );
  });

  it('takes a character for one that is written as two', () => {
    expect(new Pattern('?').prefix('😀a', true)).to.equal(2);
    expect(new Pattern('?').suffix('a😀', true)).to.equal(1);
    expect(replacePattern('a😀b😀', '😀', 'x', '//')).to.equal('axbx');
  });

  it('is not followed through a long text without end', () => {
    const text = 'a1\n'.repeat(50_000);
    expect(() => replacePattern(text, '1*z', '', '//')).to.throw(PatternTooCostly);
    expect(new Pattern('1*z').suffix(text, true)).to.equal(undefined);
    expect(() => new Pattern('*a'.repeat(500)).prefix(text, true)).to.throw(PatternTooCostly);
    expect(() => new Pattern(`*${'a'.repeat(5000)}z`).matches('a'.repeat(100_000))).to.throw(PatternTooCostly);
    expect(replacePattern(text, '1', '', '//')).to.equal('a\n'.repeat(50_000));
  });
});

describe('a script', () => {
  for (const [what, script] of [
    ['a pattern that would take too long', 'x=$(seq 1 20000); echo "${x//1*z/}"'],
    ['words of nested braces', 'bash -c "echo {1..9999}{1..9999}{1..9999}"'],
    ['more words than there is room for', 'x=$(seq 1 150000); for i in $x; do :; done'],
    ['a longer text than there is room for', 'x=$(head -c 3000000 /dev/zero | tr "\\0" x); echo "$x$x"'],
  ] as const)
    it(`ends with ${what}`, async () => {
      const { stderr, code } = await run(['sh', '-c', script]);
      expect(stderr).to.include('out of memory');
      expect(code).to.equal(2);
    });

  for (const [what, script] of [
    ['evaluates itself', `x='eval "$x"'; eval "$x"`],
    ['reads itself', "echo '. /again' > /again; . /again"],
    ['is caught in its own trap', 'trap "kill -USR1 $$" USR1; kill -USR1 $$; while :; do sleep 0.001; done'],
  ] as const)
    it(`that ${what} without end fills its stack`, async () => {
      expect((await run(['sh', '-c', script])).code).to.equal(139);
    });

  it('cannot give a program longer arguments than the kernel takes', async () => {
    const { stdout, stderr } = await run([
      'sh',
      '-c',
      'x=$(head -c 131072 /dev/zero | tr "\\0" x); date "+$x"; echo $?; y=$x date; echo $?; date "+${x#xx}" | wc -c; set -- $(seq 1 99999); date "$@" "$@" "$@" "$@"; echo $?',
    ]);
    expect(stdout).to.equal('126\n126\n131071\n126\n');
    expect(stderr).to.equal('sh: date: Argument list too long\n'.repeat(3));
  });
});

describe('a number of a shell', () => {
  it('has 64 bits, however many digits it is written with', async () => {
    const digits = '7'.repeat(300_000);
    const expected = [
      BigInt.asIntN(64, BigInt(digits)),
      BigInt.asIntN(64, BigInt(`0x${digits}`)),
      BigInt.asIntN(64, BigInt(`0o${digits}`)),
      BigInt.asIntN(64, BigInt(`0x${'1'.repeat(300_000)}`)),
      BigInt.asIntN(64, 3n ** 1000n),
    ];
    const script = `x=$(yes 7 | head -n 300000 | tr -d '\\n'); y=$(echo $x | tr 7 1); z=$(yes 0 | head -n 1000 | tr -d '\\n'); echo $(($x)) $((0x$x)) $((0$x)) $((16#$y)) $((3#1$z)) $((2#101))`;
    const made = await run(['sh', '-c', script]);
    expect(made).to.deep.include({ stdout: `${expected.join(' ')} 5\n` });
  });
});

describe('the words of a command', () => {
  const refused = { code: 2, stdout: '', stderr: 'sh: out of memory\n' };

  it('are refused where they are too many, however they come about', async () => {
    const box = await container();
    for (let i = 0; i < 1001; i++) box.fs.mkdir(`/t/${i}`, { recursive: true });
    const patterns = (count: number): string => Array(count).fill('/t/*').join(' ');
    for (const script of [
      `for word in ${patterns(500)}; do :; done`,
      `set -- ${patterns(500)}`,
      `all="${patterns(500)}"; echo $all`,
    ])
      expect(await sh(script, { in: box }), script.slice(0, 20)).to.deep.include(refused);
    const { stdout } = await sh(`all="${patterns(200)}"; set -- $all; echo $#; for a in $all; do b=$a; done; echo $b`, {
      in: box,
    });
    expect(stdout).to.equal('200200\n/t/999\n');
  });

  it('are refused where one pattern stands for too many', async () => {
    const box = await container();
    for (let i = 0; i < 317; i++) box.fs.mkdir(`/t/${i}`, { recursive: true });
    expect(await sh('set -- /t/*/../*', { in: box })).to.deep.include(refused);
    box.fs.remove('/t/0');
    expect(await sh('set -- /t/*/../*; echo $#', { in: box })).to.deep.include({ stdout: '99856\n' });
  });

  it('let others have their turn while one long folder is looked through', async () => {
    const box = await container();
    box.fs.mkdir('/t', { recursive: true });
    for (let i = 0; i < 60_000; i++) box.fs.symlink('x', `/t/${i}`);
    let listed = false;
    let turns = 0;
    const names = box.fs.names.bind(box.fs);
    box.fs.names = (path) => {
      listed = true;
      return names(path);
    };
    const yieldIfDue = async (): Promise<void> => {
      if (listed) turns++;
    };
    const task = { cwd: '/', fs: box.fs, longStep: () => undefined, yieldIfDue } as unknown as Task;
    expect(await expandPaths(task, '/t/*/*')).to.deep.equal([]);
    expect(turns).to.be.greaterThan(0);
  });
});

describe('very many words', () => {
  // Each took minutes while every word was looked for, or moved up, for each other one.
  for (const [what, script] of [
    ['are exported', 'export $(seq 1 99999 | sed s/^/v/); echo $v7'],
    ['are options', 'ls -$(head -c 131000 /dev/zero | tr "\\0" a) /no/such 2>/dev/null; echo'],
    ['are told by printf', 'x=$(seq 1 99999); printf %.0s $x $x $x $x; echo'],
    ['are compared', 'x=$(seq 1 99999); [ $(yes "a -a" | head -n 49000) a ] && echo'],
    ['are read into', 'read $(seq 1 99999 | sed s/^/v/) < /dev/null; echo'],
    ['are tests of find', 'find / -maxdepth 0 $(yes "-name /" | head -n 45000) | tr / "\\n" | head -n 1'],
  ] as const)
    it(`cost as much as each of them where they ${what}`, async () => {
      expect(await sh(script)).to.deep.include({ stdout: '\n' });
    });
});

describe('a script that is very long', () => {
  it('is refused, wherever it comes from: it is parsed in one turn', async () => {
    const open = `if true; then\n${`: ${'a'.repeat(25_000)}\n`.repeat(12)}`;
    for (const text of ['sh /long', '. /long', 'x=$(cat /long); eval "$x"', 'sh < /open', 'x=$(cat /sum); : $((x))']) {
      const box = await container();
      box.fs.writeFile('/long', Buffer.from(':\n'.repeat(140_000)));
      box.fs.writeFile('/open', Buffer.from(open));
      box.fs.writeFile('/sum', Buffer.from('1+'.repeat(140_000)));
      const { code, stderr } = await sh(text, { in: box });
      expect([code, stderr], text).to.deep.equal([2, `${text === 'sh /long' ? '/long' : 'sh'}: out of memory\n`]);
    }
  });
});

describe('a line that is read', () => {
  it('is no longer than what is kept in memory, and may go on', async () => {
    const box = await container();
    box.fs.writeFile('/line', Buffer.alloc((1 << 20) + 1, 'a'));
    box.fs.writeFile('/lines', Buffer.from('abcdefghijklmno\\\n'.repeat(70_000)));
    box.fs.writeFile('/few', Buffer.from('a\\\nb\\\\\\\nc\\\\\nd\n'));
    for (const file of ['line', 'lines', 'zero'])
      expect(await sh(`read a < /${file === 'zero' ? 'dev/zero' : file}`, { in: box }), file).to.deep.include({
        code: 1,
        stderr: 'sh: File too large\n',
      });
    expect(await sh('read a < /few; echo "$a"; read -r a < /few; echo "$a"', { in: box })).to.deep.include({
      stdout: 'ab\\c\\\na\\\n',
    });
  });
});

describe('a script of very many here-documents', () => {
  it('is refused: each would take as long as all others', async () => {
    expect(await sh(`cat ${'<<a '.repeat(2000)}\nb\na`)).to.deep.include({ code: 0 });
    const { code, stderr } = await sh(`cat ${'<<a '.repeat(60_000)}\n`);
    expect([code, stderr]).to.deep.equal([2, 'sh: too many here-documents\n']);
  });
});
