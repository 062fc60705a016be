import { expect } from 'chai';
import { type CommandLine, helpText, palette, parseCommandLine } from '../../src/cli/arguments.js';
import { AttestdError } from '../../src/errors.js';

const flags = {
  name: { type: 'string', value: 'NAME', help: 'what to call it' },
  many: { type: 'string', multiple: true, help: 'several' },
  loud: { type: 'boolean', short: 'l', help: 'shout' },
} as const;

const line: CommandLine<typeof flags> = { name: 'try', summary: 'Try it.', positionals: ['IMAGE', '[DIR]'], flags };

describe('the arguments of a command', () => {
  it('are read by long and short names, with and without an equals sign', () => {
    const parsed = parseCommandLine(line, ['img', '--name=x', '-l', '--many', 'a', '--many', 'b', 'dir', '-q']);
    expect(parsed?.values).to.deep.include({ name: 'x', loud: true, many: ['a', 'b'], quiet: true });
    expect(parsed?.positionals).to.deep.equal(['img', 'dir']);
  });

  for (const [what, args, named] of [
    ['an unknown flag', ['img', '--nope'], '--nope'],
    ['a flag without its value', ['img', '--name'], '--name'],
    ['a value for a flag that has none', ['img', '--loud=yes'], '--loud'],
    ['a missing argument', [], 'IMAGE'],
    ['one argument too many', ['a', 'b', 'c'], "'c'"],
  ] as const) {
    it(`are refused with ${what}, in one line that names it`, () => {
      try {
        parseCommandLine(line, args);
      } catch (error) {
        expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
        expect((error as Error).message)
          .to.include(named)
          .and.not.include('\n');
        expect((error as AttestdError).exitCode).to.equal(2);
        return;
      }
      throw new Error('not refused');
    });
  }

  it('are listed in the help, each with its short name, value and use', () => {
    const help = helpText(line);
    expect(help).to.match(/^usage: attestd try \[OPTIONS\] IMAGE \[DIR\]\n/);
    expect(help).to.match(/^ {6}--name NAME +what to call it$/m);
    expect(help).to.match(/^ {6}--many VALUE +several \(may be repeated\)$/m);
    expect(help).to.match(/^ {2}-l, --loud +shout$/m);
    expect(help).to.match(/^ {2}-h, --help +/m);
  });
});

describe('colours', () => {
  const saved = process.env.NO_COLOR;
  afterEach(() => {
    if (saved === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = saved;
  });

  it('are for terminals only', () => {
    delete process.env.NO_COLOR;
    expect(palette({ isTTY: false }).red('x')).to.equal('x');
    expect(palette({}).bold('x')).to.equal('x');
    expect(palette({ isTTY: true }).red('x')).to.equal('\u001b[31mx\u001b[39m');
  });

  it('are not used when NO_COLOR is set', () => {
    process.env.NO_COLOR = '1';
    expect(palette({ isTTY: true }).red('x')).to.equal('x');
  });
});
