import { expect } from 'chai';
import fc from 'fast-check';
import { Asked, Reply } from './mutant.js';
import { areas } from './table/index.js';
import { dropMembers, editMembers, editValue, elementsOf } from './text.js';

describe('JSON edited as text', () => {
  it('finds the elements of any array', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const elements = elementsOf(`${JSON.stringify(values)}\n`);
        expect(elements).to.deep.equal(values.map((value) => JSON.stringify(value)));
      }),
    );
  });

  it('changes the members with a key and leaves every other byte alone', () => {
    const text = '[{"Statement":{"a":1.0,"Statement":2},"b":"\\"Statement\\":3"},{"Statement":[1e3]}]\n';
    expect(editMembers(text, 'Statement', () => '0')).to.equal(
      '[{"Statement":0,"b":"\\"Statement\\":3"},{"Statement":0}]\n',
    );
    expect(editMembers(text, 'Statement', (value) => value)).to.equal(text);
  });

  it('drops members with their comma', () => {
    expect(dropMembers('{"a":1,"b":2,"c":3}', 'a')).to.equal('{"b":2,"c":3}');
    expect(dropMembers('{"a":1,"b":2,"c":3}', 'c')).to.equal('{"a":1,"b":2}');
    expect(dropMembers('{"a":1}', 'a')).to.equal('{}');
  });

  it('keeps the bytes of statements when the rest is edited as a value', () => {
    const text = '{"Id":"a","Statements":[{"n":1.0,"n":12345678901234567890}],"Tags":null}\n';
    expect(editValue(text, (value) => ({ ...(value as object), Id: 'b' }))).to.equal(text.replace('"a"', '"b"'));
  });
});

describe('a request behind the proxy', () => {
  const asked = new Asked('GET', '/v1.55/images/a%2Fb:1/json?platform=%7B%7D&type=x&type=y');

  it('is known by version, route and query', () => {
    expect(asked.version).to.equal('1.55');
    expect(asked.route).to.equal('/images/a/b:1/json');
    expect(asked.query.getAll('type')).to.deep.equal(['x', 'y']);
  });

  it('keeps its path when the query changes', () => {
    expect(asked.ask((query) => query.delete('type')).path).to.equal('/v1.55/images/a%2Fb:1/json?platform=%7B%7D');
  });
});

describe('a reply behind the proxy', () => {
  it('keeps bytes that are no UTF-8', () => {
    const body = Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d, 0x0a]);
    expect(new Reply(200, [], body).elements((elements) => elements).body).to.deep.equal(body);
  });
});

describe('the table of mutants', () => {
  const mutants = areas.flatMap((area) => area.mutants);

  it('names each mutant once', () => {
    expect(new Set(mutants.map(({ id }) => id)).size).to.equal(mutants.length);
  });

  it('gives each mutant something to change', () => {
    for (const { id, before, after, line, head, bytes, input, message, call } of mutants)
      expect(before ?? after ?? line ?? head ?? bytes ?? input ?? message ?? call, id).to.be.a('function');
  });
});
