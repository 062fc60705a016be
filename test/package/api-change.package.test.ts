import { expect } from 'chai';
import { changeReport, compareReports, partOf } from '../../scripts/api-change.js';

const report = (...blocks: string[]): string =>
  `# The public TypeScript surface\n\nWords.\n\n## attestd\n\n\`\`\`ts\n${blocks.join('\n\n')}\n\`\`\`\n`;

const options = 'interface Options {\n  readonly host: string;\n  readonly port?: number;\n}';
const open = 'function open(path: string): Store;';
const codes = 'type Code = "A" | "B";';
const client = 'class Client {\n  new (host: string): Client;\n  get(path: string): Promise<string>;\n}';
const before = report(options, open, codes, client);

/** Each change with the part of the version that it asks for. */
const cases: [string, string, 'major' | 'minor' | 'patch'][] = [
  ['nothing', before, 'patch'],
  ['another order', report(client, codes, open, options), 'patch'],
  ['a new export', report(options, open, codes, client, 'const limit: number;'), 'minor'],
  ['an export that is gone', report(options, open, codes), 'major'],
  [
    'a new optional member',
    report(options.replace('\n}', '\n  readonly tls?: boolean;\n}'), open, codes, client),
    'minor',
  ],
  [
    'a new required member',
    report(options.replace('\n}', '\n  readonly tls: boolean;\n}'), open, codes, client),
    'major',
  ],
  ['a member that is gone', report(options.replace('  readonly port?: number;\n', ''), open, codes, client), 'major'],
  ['a member of another type', report(options.replace('number', 'string'), open, codes, client), 'major'],
  ['a member that became optional', report(options.replace('host:', 'host?:'), open, codes, client), 'major'],
  ['a new method of a class', report(options, open, codes, client.replace('\n}', '\n  end: () => void;\n}')), 'minor'],
  [
    'a new optional parameter',
    report(options, open.replace('string)', 'string, mode?: number)'), codes, client),
    'minor',
  ],
  [
    'a new required parameter',
    report(options, open.replace('string)', 'string, mode: number)'), codes, client),
    'major',
  ],
  ['another result', report(options, open.replace('Store', 'Folder'), codes, client), 'major'],
  ['a new form of a function', report(options, `${open}\nfunction open(path: URL): Store;`, codes, client), 'minor'],
  ['another type', report(options, open, codes.replace(' | "B"', ''), client), 'major'],
];

describe('the classes of changes of the public surface', () => {
  for (const [what, after, part] of cases) {
    it(`take ${what} for ${part}`, () => {
      const changes = compareReports(before, after);
      expect(partOf(changes), JSON.stringify(changes)).to.equal(part);
      expect(changes).to.have.length(part === 'patch' ? 0 : 1);
      expect(changeReport(changes)).to.match(new RegExp(`^### Public TypeScript surface: ${part}\n`));
    });
  }

  it('are written with what breaks first', () => {
    const text = changeReport(compareReports(before, report(options, codes, 'const limit: number;')));
    expect(
      text
        .split('\n')
        .filter((line) => /^\| m/.test(line))
        .map((line) => line.split(' ')[1]),
    ).to.deep.equal(['major', 'major', 'minor']);
  });
});
