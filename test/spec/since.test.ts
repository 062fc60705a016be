import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { buildDescription, type Schema } from '../../src/spec/index.js';
import { listOperations } from '../../src/spec/operations.js';

type Entry = string | { since: string; wireSince?: string; formerSince?: string };
type Table = Record<string, Entry>;

interface Facts {
  operations: Table;
  parameters: Table;
  properties: Table;
  inlineProperties: Table;
  conflicts: { key: string; changelog: string; direction: string }[];
}

const facts = JSON.parse(readFileSync(new URL('../facts/since.json', import.meta.url), 'utf8')) as Facts;
/** Fields that existed before they were documented. The version history is more precise than the files. */
const documentedLate = new Map(
  facts.conflicts.filter((c) => c.direction === 'files-later').map((c) => [c.key, c.changelog]),
);

const minor = (version: string): number => (version.startsWith('<=') ? 0 : Number(version.split('.')[1]));

/** The mark that a key must have; undefined for what API 1.25 had already. */
function expected(key: string, entry: Entry | undefined): string | undefined {
  if (entry === undefined) return 'a fact';
  const versions =
    typeof entry === 'string'
      ? [documentedLate.get(key) ?? entry]
      : [documentedLate.get(key), entry.formerSince, entry.wireSince].filter((v) => v !== undefined);
  const first =
    versions.length > 0 ? versions.sort((a, b) => minor(a) - minor(b))[0] : (entry as { since: string }).since;
  return first === undefined || minor(first) <= 25 ? undefined : first;
}

describe('the x-since marks', () => {
  const found: [string, string | undefined, string | undefined][] = [];
  const walk = (schema: Schema, key: string, table: Table): void => {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const place = `${key}.${name}`;
      found.push([place, property['x-since'], expected(place, table[place])]);
      walk(property, place, table);
    }
    if (schema.items) walk(schema.items, `${key}[]`, table);
    if (typeof schema.additionalProperties === 'object') walk(schema.additionalProperties, `${key}{}`, table);
    for (const branch of schema.allOf ?? []) walk(branch, key, table);
  };

  before(() => {
    const description = buildDescription(['standard']);
    for (const { method, path, operation } of listOperations(description)) {
      const key = `${method.toUpperCase()} ${path}`;
      found.push([key, operation['x-since'], expected(key, facts.operations[key])]);
      for (const parameter of operation.parameters ?? []) {
        if (parameter.in === 'body') walk(parameter.schema ?? {}, `${key} body`, facts.inlineProperties);
        if (parameter.in === 'body' || parameter.in === 'path') continue;
        const place = `${key} ${parameter.name}`;
        found.push([place, parameter['x-since'], expected(place, facts.parameters[place])]);
      }
      for (const response of Object.values(operation.responses)) {
        if (response.schema) walk(response.schema, `${key} resp`, facts.inlineProperties);
      }
    }
    for (const [name, definition] of Object.entries(description.definitions)) walk(definition, name, facts.properties);
  });

  it('tell the first version of every operation, parameter and property that came after API 1.25', () => {
    expect(found.filter(([, mark, fact]) => mark !== fact)).to.deep.equal([]);
  });

  it('cover every fact', () => {
    const tables = [facts.operations, facts.parameters, facts.properties, facts.inlineProperties];
    const keys = tables.flatMap((table) => Object.keys(table)).filter((key) => !found.some(([at]) => at === key));
    expect(keys).to.deep.equal([]);
    expect(found.filter(([, mark]) => mark !== undefined).length).to.be.greaterThan(500);
  });
});
