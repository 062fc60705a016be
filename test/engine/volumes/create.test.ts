import { expect } from 'chai';
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

  it('looks for its driver first', async () => {
    engine.context.volumes.create({ Name: 'there' });
    const [code] = await refusal(() => engine.context.volumes.create({ Name: 'there', Driver: 'zz' }));
    expect(code).to.equal('NOT_FOUND');
  });
});
