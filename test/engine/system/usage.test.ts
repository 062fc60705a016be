import { expect } from 'chai';
import { listImages } from '../../../src/engine/images/list.js';
import { packedItem, renderedItem } from '../../../src/engine/system/usage.js';
import { load, openEngine } from '../support.js';

describe('Images in the usage of the disk', () => {
  it('are the same whether they are kept packed or as they are', async () => {
    const engine = await openEngine();
    await load(engine.context, 'att-basic', 'att-multi');
    const items = await listImages(engine.context, { apiVersion: '1.55' });
    expect(items).to.have.length.above(1);
    for (const item of items)
      expect(packedItem(item as never).bytes.toString()).to.equal(renderedItem(item as never).toString());
    await engine.close();
  });
});
