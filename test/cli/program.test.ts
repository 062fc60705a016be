import { expect } from 'chai';
import type { Entry } from '../../src/cli/command.js';
import { program } from '../../src/cli/commands.js';
import { execute } from '../../src/cli/program.js';
import { catalogue } from '../../src/conformance/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { capture } from './capture.js';

const attestd = (...args: string[]) => capture(() => execute(args));

/** Every path of the table. */
function paths(entry: Entry = program, path: readonly string[] = []): (readonly string[])[] {
  const below = Object.entries(entry.commands ?? {}).flatMap(([name, each]) => paths(each, [...path, name]));
  return path.length === 0 ? below : [path, ...below];
}

describe('the command line', () => {
  for (const path of paths()) {
    it(`explains '${path.join(' ')}' the same by --help and by 'help', within 80 columns`, async () => {
      const { code, stdout } = await attestd(...path, '--help');
      expect(code).to.equal(0);
      expect(await attestd('help', ...path)).to.deep.include({ code: 0, stdout });
      expect(stdout).to.match(new RegExp(`^usage: attestd ${path.join(' ')} `));
      expect(stdout).to.match(/\nexample:\n {2}\S|' tells more\.\n$/);
      expect(stdout.split('\n').filter((line) => line.length > 80)).to.deep.equal([]);
    });
  }

  it('lists its commands', async () => {
    const { code, stdout } = await attestd('--help');
    expect(code).to.equal(0);
    for (const [name] of paths()) expect(stdout).to.match(new RegExp(`^ {2}${name} `, 'm'));
    expect(await attestd('help')).to.deep.include({ code: 0, stdout });
    expect(await attestd()).to.deep.include({ code: 2, stdout });
  });

  it('says its version and that of the API', async () => {
    for (const flag of ['--version', '-V']) {
      const { code, stdout } = await attestd(flag);
      expect(code).to.equal(0);
      expect(stdout).to.match(/^attestd \d+\.\d+\.\d+\S* \(Engine API \d+\.\d+\)\n$/);
    }
  });

  for (const [args, named] of [
    [['serv'], /^unknown command 'serv' \(did you mean 'serve'\?\): see 'attestd --help'$/],
    [['zzz'], /^unknown command 'zzz': see/],
    [['spec', 'dif'], /^unknown command 'spec dif' \(did you mean 'diff'\?\): see 'attestd spec --help'$/],
    [['help', 'spec', 'zzz'], /^unknown command 'spec zzz'/],
    [['toString'], /^unknown command 'toString'/],
    [['conformance', 'stray'], /^conformance: unexpected argument 'stray'$/],
    [['conformance', 'list', '--json', '--markdown'], /^conformance list: /],
    [['conformance', 'compare', 'x'], /^conformance compare: B\.json is missing$/],
  ] as const) {
    it(`refuses '${args.join(' ')}' in words that name what was wrong`, async () => {
      const { error } = await attestd(...args);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
      expect((error as Error).message).to.match(named);
    });
  }

  it('lists the requirements within 80 columns, each by level and id with its title below', async () => {
    const { stdout } = await attestd('conformance', 'list');
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 80)).to.deep.equal([]);
    expect(lines.filter((line) => /^(MUST|SHOULD) +\S+$/.test(line))).to.have.length(catalogue.length);
    expect(stdout).to.match(new RegExp(`\n\n${catalogue.length} requirements\n$`));
  });
});
