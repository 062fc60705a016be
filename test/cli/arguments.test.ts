import { expect } from 'chai';
import { parseArguments } from '../../src/cli/arguments.js';
import { command } from '../../src/cli/command.js';
import { helpText } from '../../src/cli/help.js';
import { palette } from '../../src/cli/output.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

const flags = {
  name: { type: 'string', value: 'NAME', help: 'what to call it' },
  many: { type: 'string', multiple: true, help: 'several' },
  loud: { type: 'boolean', short: 'l', help: 'shout' },
  tone: { type: 'string', multiple: true, commas: true, choices: ['high', 'low'], help: 'how' },
} as const;

const line = { positionals: ['IMAGE', '[DIR]'], flags };

describe('the arguments of a command', () => {
  it('are read by long and short names, with and without an equals sign', () => {
    const parsed = parseArguments(line, ['img', '--name=x', '-l', '--many', 'a', '--many', 'b', 'dir', '-q']);
    expect(parsed.values).to.deep.include({ name: 'x', loud: true, many: ['a', 'b'], quiet: true });
    expect(parsed.positionals).to.deep.equal(['img', 'dir']);
  });

  for (const [what, args, named] of [
    ['an unknown flag', ['img', '--nope'], '--nope'],
    ['a flag without its value', ['img', '--name'], '--name'],
    ['a value for a flag that has none', ['img', '--loud=yes'], '--loud'],
    ['a missing argument', [], 'IMAGE'],
    ['one argument too many', ['a', 'b', 'c'], "'c'"],
    ['a value that is none of the choices', ['a', '--tone', 'high,flat'], "'flat' is none of high, low"],
    ['a flag that is nearly right', ['a', '--lout'], "did you mean '--loud'?"],
  ] as const) {
    it(`are refused with ${what}, in one line that names it`, () => {
      try {
        parseArguments(line, args);
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

  it('take lists with commas', () => {
    expect(parseArguments(line, ['a', '--tone', 'high,low', '--tone', 'low']).values.tone).to.deep.equal([
      'high',
      'low',
      'low',
    ]);
  });

  it('are listed in the help, each with its short name, value and use', () => {
    const help = helpText(
      ['attestd', 'try'],
      { summary: 'try it' },
      command({ ...line, example: 'attestd try x' }, () => 0),
    );
    expect(help).to.match(/^usage: attestd try \[OPTIONS\] IMAGE \[DIR\]\n/);
    expect(help).to.match(/^ {6}--name NAME +what to call it$/m);
    expect(help).to.match(/^ {6}--many VALUE +several \(may be repeated\)$/m);
    expect(help).to.match(/^ {2}-l, --loud +shout$/m);
    expect(help).to.match(/^ {2}-h, --help +/m);
    expect(help).to.include('\n\nTry it.\n\n').and.include('\nexample:\n  attestd try x\n');
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
    expect(`${palette({ isTTY: false }).red('x')}`).to.equal('x');
    expect(`${palette({}).bold('x')}`).to.equal('x');
    expect(`${palette({ isTTY: true }).red('x')}`).to.equal('\u001b[31mx\u001b[39m');
  });

  it('are not used when NO_COLOR is set', () => {
    process.env.NO_COLOR = '1';
    expect(`${palette({ isTTY: true }).red('x')}`).to.equal('x');
  });
});
