import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readGaps } from '../../../scripts/gaps/page.js';
import { cellsOf, nameOf, type Rule } from '../../../scripts/gaps/table.js';
import { catalogue } from '../../../src/conformance/catalogue.js';
import { operations } from '../../../src/generated/operations.js';

const { cells, rules, judged } = readGaps(fileURLToPath(new URL('../../..', import.meta.url)));

describe('the table of what the suite judges', () => {
  it('has a requirement or an explanation for every operation, parameter and status', () => {
    expect(new Set(cells.map(({ operation }) => operation.operationId)).size).to.equal(operations.length);
    expect(cells.filter(({ by, rule }) => by === undefined && rule === undefined).map(nameOf)).to.deep.equal([]);
  });

  it('names requirements that there are, of the operation', () => {
    const operationOf = new Map(catalogue.map(({ id, operationId }) => [id, operationId]));
    const wrong = Object.entries(judged).flatMap(([operation, of]) =>
      Object.values(of).filter((id) => operationOf.get(id) !== operation),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('names statuses and parameters that there are', () => {
    const known = new Set(cells.map((cell) => `${cell.operation.operationId} ${nameOf(cell)}`));
    const wrong = Object.entries(judged).flatMap(([operation, of]) =>
      Object.keys(of).filter((key) => {
        const [status = '', ...parameter] = key.split(' ');
        return !known.has([operation, operation, ...parameter, status].join(' '));
      }),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has no rule that explains nothing', () => {
    expect(
      rules.filter((rule) => !cells.some((cell) => cell.rule === rule)).map(({ key, why }) => key + why),
    ).to.deep.equal([]);
  });

  it('leaves nothing explained that a rule does not name', () => {
    const [operation] = operations;
    if (!operation) throw new Error('no operation');
    const status = Object.keys(operation.responses)[0] ?? '';
    const rule: Rule = { key: 'x', kind: 'x', why: 'x', beside: 'status' };
    const unexplained = (of: Readonly<Record<string, string>>): number =>
      cellsOf([operation], { [operation.operationId]: of }, [rule]).filter((cell) => !cell.by && !cell.rule).length;
    const statuses = Object.keys(operation.responses).length;
    expect(unexplained({})).to.equal(statuses * (1 + operation.parameters.length));
    expect(unexplained({ [status]: 'any' })).to.equal((statuses - 1) * (1 + operation.parameters.length));
  });
});
