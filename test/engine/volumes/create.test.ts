import { expect } from 'chai';
import { parseFilters } from '../../../src/engine/filters.js';
import { pruneVolumes } from '../../../src/engine/volumes/operations.js';
import { openEngine, refusal, type TestEngine } from '../support.js';

describe('Making a volume', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await openEngine();
  });
  after(() => engine.close());

  const refused: readonly (readonly [options: Record<string, string>, code: string])[] = [
    [{ zz: '1' }, 'INVALID_ARGUMENT'],
    [{ type: 'nfs' }, 'INVALID_ARGUMENT'],
    [{ device: '/tmp' }, 'INVALID_ARGUMENT'],
    [{ o: 'bind' }, 'INVALID_ARGUMENT'],
    [{ size: 'zz' }, 'INVALID_ARGUMENT'],
    [{ size: '' }, 'INVALID_ARGUMENT'],
    [{ size: '-1' }, 'INVALID_ARGUMENT'],
    [{ size: '1g' }, 'INVALID_ARGUMENT'],
  ];
  for (const [options, code] of refused)
    it(`is refused for ${JSON.stringify(options)}`, async () => {
      const [found] = await refusal(() => engine.context.volumes.create({ Name: 'vv', DriverOpts: options }));
      expect(found).to.equal(code);
    });

  it('takes options that go together, no quota, and names that a disk can hold', async () => {
    const { volumes } = engine.context;
    volumes.create({ Name: 'tmp', DriverOpts: { type: 'tmpfs', device: 'tmpfs' } });
    volumes.create({ Name: 'none', DriverOpts: { size: '0' } });
    volumes.create({ Name: 'y'.repeat(255) });
    expect((await refusal(() => volumes.create({ Name: 'y'.repeat(256) })))[0]).to.equal('INTERNAL');
  });

  it('is pruned by older clients whatever its name, who say so once', async () => {
    const { context } = engine;
    context.volumes.create({ Name: 'named' });
    const prune = (text: string, version: string): unknown => pruneVolumes(context, parseFilters(text), version);
    expect((await refusal(() => prune('{"all":["1"]}', '1.41')))[0]).to.equal('INVALID_ARGUMENT');
    prune('{}', '1.55');
    expect(context.volumes.find('named')).not.to.equal(undefined);
    prune('{"all":["true"]}', '1.41');
    expect(context.volumes.find('named')).to.equal(undefined);
  });

  it('looks for its driver first', async () => {
    engine.context.volumes.create({ Name: 'there' });
    const [code] = await refusal(() => engine.context.volumes.create({ Name: 'there', Driver: 'zz' }));
    expect(code).to.equal('NOT_FOUND');
  });
});
