import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseTool } from './helpers/options.js';

const root = fileURLToPath(new URL('../', import.meta.url));

describe('Commands for development', () => {
  const tool = {
    name: 'measure',
    help: 'usage\n',
    options: {
      only: { type: 'string', multiple: true },
      host: { type: 'string' },
      mib: { type: 'number', default: 20 },
      seed: { type: 'number', whole: true },
      check: { type: 'boolean' },
    },
    check: ({ mib }: { mib: number }) => (mib > 100 ? '--mib: too much' : undefined),
  } as const;

  it('have values of their types, and defaults', () => {
    expect(parseTool(tool, [])).to.deep.equal({
      values: { only: [], host: undefined, mib: 20, seed: undefined, check: false },
      positionals: [],
    });
    const line = ['--only', 'a', '--only=b', '--host', 'unix:///x', '--mib', '0.5', '--seed', '7', '--check'];
    expect(parseTool(tool, line)).to.deep.include({
      values: { only: ['a', 'b'], host: 'unix:///x', mib: 0.5, seed: 7, check: true },
    });
  });

  it('show their help, whatever else is asked', () => {
    for (const line of [['--help'], ['-h'], ['--mib', 'x', '--help']])
      expect(parseTool(tool, line)).to.deep.equal({ help: true });
  });

  for (const line of [
    '--nonsense',
    '--mib',
    '--mib x',
    '--mib -1',
    '--mib=',
    '--seed 1.5',
    '--mib 101',
    'more',
    '--check=1',
  ])
    it(`say in one line what is wrong with: ${line}`, () => {
      const asked = parseTool(tool, line.split(' '));
      expect(asked).to.have.property('wrong').that.is.a('string').and.does.not.include('\n');
    });

  it('ask for what they need', () => {
    const needing = { name: 'x', help: '', options: { host: { type: 'string', required: true } } } as const;
    expect(parseTool(needing, [])).to.deep.equal({ wrong: '--host is needed' });
    const taking = { name: 'x', help: '', options: {}, positionals: { least: 1, most: 2 } } as const;
    expect(parseTool(taking, [])).to.have.property('wrong');
    expect(parseTool(taking, ['a', 'b'])).to.deep.equal({ values: {}, positionals: ['a', 'b'] });
  });

  it('read their command lines in one way, and have an example each', () => {
    const files = ['bench', 'test/fuzz', 'test/soak', 'test/mutants', 'test/differential'].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => [`${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8')] as const),
    );
    expect(files.filter(([, text]) => text.includes('parseArgs')).map(([name]) => name)).to.deep.equal([]);
    const tools = files.filter(([, text]) => /\breadTool\(/.test(text));
    expect(tools).to.have.lengthOf.at.least(12);
    expect(tools.filter(([, text]) => !/^example: /m.test(text)).map(([name]) => name)).to.deep.equal([]);
  });
});
