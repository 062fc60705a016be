import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { program } from '../../src/cli/commands.js';
import { rules } from '../../src/spec/diff-rules.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** With ATTESTD_UPDATE_DOCS=1 the pages are written anew instead of compared. */
const update = process.env.ATTESTD_UPDATE_DOCS === '1';

function page(name: string): string {
  return readFileSync(join(root, 'docs', name), 'utf8');
}

function check(name: string, expected: string): void {
  if (update) writeFileSync(join(root, 'docs', name), expected);
  expect(page(name)).to.equal(expected);
}

describe('docs/reference/spec.md', () => {
  it('has the table of rules by which changes are classed', () => {
    const cell = (request: string, response: string): string =>
      request === response ? request : `${request} / ${response}`;
    const rows = Object.entries(rules).map(
      ([id, { title, request, response }]) =>
        `| \`${id}\` | ${title} | ${cell(request.clients, response.clients)} | ${cell(request.servers, response.servers)} |`,
    );
    const table = ['| rule | what changed | clients | servers |', '|---|---|---|---|', ...rows].join('\n');
    const text = page('reference/spec.md');
    expect(text).to.include('<!-- rules -->');
    check(
      'reference/spec.md',
      text.replace(/<!-- rules -->.*<!-- \/rules -->/s, `<!-- rules -->\n${table}\n<!-- /rules -->`),
    );
  });

  it('names every command of attestd spec', () => {
    const names = Object.keys(program.commands?.spec?.commands ?? {});
    expect(names).to.include('apply');
    for (const name of names) expect(page('reference/spec.md'), name).to.include(`\`spec ${name}\``);
  });
});
