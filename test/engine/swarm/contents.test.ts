import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import { parseFilters } from '../../../src/engine/filters.js';
import { type ContentKind, type ContentSpec, configKind, secretKind } from '../../../src/engine/swarm/content-kind.js';
import {
  createContent,
  inspectContent,
  listContents,
  removeContent,
  updateContent,
} from '../../../src/engine/swarm/contents.js';
import { leaveSwarm } from '../../../src/engine/swarm/swarm.js';
import { renderJson } from '../../../src/support/go/json.js';
import { history, openEngine, refusal, type TestEngine } from '../support.js';
import { found } from './support.js';

const data = (length: number): string => Buffer.alloc(length, 'x').toString('base64');
const spec = (Name: string, more: Partial<ContentSpec> = {}): ContentSpec => ({
  Name,
  Labels: undefined,
  Data: data(1),
  ...more,
});

interface Told {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: Readonly<Record<string, unknown>>;
}

const told = (answer: unknown): Told => JSON.parse(renderJson(answer as never).toString());

for (const kind of [secretKind, configKind] as readonly ContentKind[])
  describe(`A ${kind.name} of a swarm`, () => {
    let engine: TestEngine;
    let context: Context;
    beforeEach(async () => {
      engine = await openEngine();
      ({ context } = engine);
      found(context);
    });
    afterEach(() => engine.close());

    const create = (wanted: ContentSpec): string => told(createContent(context, kind, wanted)).ID;
    const inspect = (term: string): Told => told(inspectContent(context, kind, term));
    const list = (filters: object = {}): string[] =>
      listContents(context, kind, parseFilters(JSON.stringify(filters))).map((one) => told(one).Spec.Name as string);
    const refused = async (wanted: ContentSpec): Promise<string> =>
      (await refusal(() => createContent(context, kind, wanted)))[0];

    it('is told with the next index, sorted labels, and its bytes where they are no secret', () => {
      const id = create(spec('s1', { Labels: { b: '2', a: '1' } }));
      expect(id).to.match(/^[0-9a-z]{25}$/);
      const bytes = kind === configKind ? { Data: data(1) } : {};
      const { Version, Spec } = inspect(id);
      expect([Version.Index, JSON.stringify(Spec)]).to.deep.equal([
        11,
        JSON.stringify({ Name: 's1', Labels: { a: '1', b: '2' }, ...bytes }),
      ]);
      create(spec('s2', { Templating: { Name: 'golang', Options: { k: 'v' } } }));
      expect(inspect('s2').Spec).to.deep.equal({
        Name: 's2',
        Labels: {},
        ...bytes,
        Templating: { Name: 'golang', Options: { k: 'v' } },
      });
    });

    it('is found by its id, then its name in whatever case, then the beginning of its id', async () => {
      const id = create(spec('s1'));
      for (const term of [id, 's1', 'S1', id.slice(0, 24)]) expect(inspect(term).ID).to.equal(id);
      expect((await refusal(() => inspect('s-')))[0]).to.equal('NOT_FOUND');
      const store = context.swarm.manager().store(kind);
      for (const name of ['zzza', 'zzzb']) store.create(spec(name), `zzz${name}`);
      expect(await refusal(() => inspect('zzz'))).to.deep.equal([
        'INVALID_ARGUMENT',
        `${kind.name} zzz is ambiguous (2 matches found)`,
      ]);
    });

    it('has a name of 64 characters at most, with letters or digits at both ends', async () => {
      for (const name of ['a'.repeat(64), 'A', 'x.y_z-0'] as const) create(spec(name));
      for (const name of ['', 'bad name', '-x', 'x-', '.x', '_x', 'a/b', 'é', 'a'.repeat(65)])
        expect(await refused(spec(name)), name).to.equal('INVALID_ARGUMENT');
    });

    it('has a name that no other has, in whatever case', async () => {
      create(spec('s1'));
      expect([await refused(spec('s1')), await refused(spec('S1'))]).to.deep.equal([
        'ALREADY_EXISTS',
        'ALREADY_EXISTS',
      ]);
    });

    it(`has one byte at least, and fewer than ${kind.limit}`, async () => {
      create(spec('large', { Data: data(kind.limit - 1) }));
      expect(await refused(spec('larger', { Data: data(kind.limit) }))).to.equal('INVALID_ARGUMENT');
      expect(await refused(spec('empty', { Data: '' }))).to.equal('INVALID_ARGUMENT');
    });

    it('is listed by its id, and by filters that begin its id or name, name it or have all its labels', async () => {
      create(spec('s1', { Labels: { a: '1', b: '2' } }));
      create(spec('s2', { Labels: { a: '2' } }));
      const id = create(spec('t1'));
      create(spec('S0'));
      expect(list({ name: ['s', 'S'] })).to.deep.equal(['S0', 's1', 's2']);
      expect(list({ id: [id.slice(0, 20)] })).to.deep.equal(['t1']);
      expect(list({ label: ['a'] })).to.have.members(['s1', 's2']);
      expect(list({ label: ['a=1', 'b'] })).to.deep.equal(['s1']);
      expect([list({ label: ['a=3'] }), list({ label: [''] }), list({ id: ['-'] })]).to.deep.equal([[], [], []]);
      const names = await refusal(() => list({ names: ['s1'] })).catch(() => list({ names: ['s1'] }));
      expect(names).to.deep.equal(kind === secretKind ? ['s1'] : ['INVALID_ARGUMENT', "invalid filter 'names'"]);
      expect((await refusal(() => list({ bogus: ['x'] })))[0]).to.equal('INVALID_ARGUMENT');
      const ids = context.swarm
        .manager()
        .store(kind)
        .list()
        .map((one) => one.id);
      expect(ids).to.deep.equal([...ids].sort());
    });

    it('gets other labels by an update that knows its index, and nothing else', async () => {
      const id = create(spec('s1', { Labels: { a: '1' } }));
      const { Index } = inspect(id).Version;
      const update = (version: number, wanted: Partial<ContentSpec>): void =>
        updateContent(context, kind, 's1', version, { Name: 's1', Labels: undefined, ...wanted });
      update(Index, { Labels: { c: '3' }, Data: data(1) });
      expect(inspect(id).Spec.Labels).to.deep.equal({ c: '3' });
      expect((await refusal(() => update(Index, {})))[0]).to.equal('INTERNAL');
      for (const wanted of [{ Name: 's2' }, { Data: data(2) }])
        expect((await refusal(() => update(0, wanted)))[0]).to.equal('INVALID_ARGUMENT');
      update(inspect(id).Version.Index, {});
      expect(inspect(id).Spec.Labels).to.deep.equal({});
    });

    it('is told of by events of the swarm, and gone once it is removed or the swarm is', async () => {
      const id = create(spec('s1'));
      updateContent(context, kind, id, inspect(id).Version.Index, spec('s1', { Labels: { a: '1' } }));
      removeContent(context, kind, 's1');
      expect((await history(context)).filter((line) => line.includes('s1'))).to.deep.equal([
        'create s1',
        'update s1',
        'remove s1',
      ]);
      expect((await refusal(() => inspect(id)))[0]).to.equal('NOT_FOUND');
      create(spec('s2'));
      leaveSwarm(context, true);
      expect((await refusal(() => list()))[0]).to.equal('UNAVAILABLE');
      found(context);
      expect(list()).to.deep.equal([]);
    });

    it('takes of the memory that all clients share, and gives it back', async () => {
      const before = context.layerBudget.used;
      create(spec('s1', { Data: data(100_000) }));
      expect(context.layerBudget.used - before).to.be.above(100_000);
      removeContent(context, kind, 's1');
      expect(context.layerBudget.used).to.equal(before);
      context.layerBudget.reserve(context.layerBudget.limit - context.layerBudget.used);
      expect(await refused(spec('s2'))).to.equal('NO_SPACE');
      expect(list()).to.deep.equal([]);
    });
  });

describe('A driver of a secret', () => {
  it('is none that is there', async () => {
    const engine = await openEngine();
    found(engine.context);
    const why = (Driver: object): Promise<readonly string[]> =>
      refusal(() => createContent(engine.context, secretKind, spec('s1', { Driver })));
    expect((await why({}))[0]).to.equal('INVALID_ARGUMENT');
    expect(await why({ Name: 'nosuch' })).to.deep.equal([
      'INTERNAL',
      'rpc error: code = Unknown desc = plugin "nosuch" not found',
    ]);
    await engine.close();
  });
});
