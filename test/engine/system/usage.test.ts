import { Readable } from 'node:stream';
import { expect } from 'chai';
import { listImages } from '../../../src/engine/images/list.js';
import { loadImages } from '../../../src/engine/images/load.js';
import { diskUsage, packedItem, renderedItem } from '../../../src/engine/system/usage.js';
import type { JsonValue } from '../../../src/engine/types.js';
import { renderJson } from '../../../src/support/go/json/render.js';
import { image } from '../../../src/testing/image.js';
import { all, load, openEngine, type TestEngine } from '../support.js';

describe('Images in the usage of the disk', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await openEngine();
    await load(engine.context, 'att-basic', 'att-multi');
    for (const name of ['shares/one:1', 'shares/two:1']) {
      const archive = Readable.from([
        image(name)
          .layer({ '/shared': 'x'.repeat(5000) })
          .layer({ '/own': name })
          .toArchive(),
      ]);
      await all(loadImages(engine.context, archive));
    }
  });
  after(() => engine.close());

  it('share what the list says that they share, in each version of the API', async () => {
    const listed = await listImages(engine.context, { apiVersion: '1.55', sharedSize: true });
    const sizes = listed.map((item) => (item as { readonly SharedSize?: number }).SharedSize);
    expect(sizes.some((size) => Number(size) > 0)).to.equal(true);
    for (const apiVersion of ['1.41', '1.51', '1.55']) {
      const value = await diskUsage(engine.context, { apiVersion, types: ['image'] });
      const { Images: items } = JSON.parse(renderJson(value as JsonValue).toString());
      expect(items.map((item: { SharedSize: number }) => item.SharedSize)).to.deep.equal(sizes);
    }
  });

  it('are the same whether they are kept packed or as they are', async () => {
    const items = await listImages(engine.context, { apiVersion: '1.55' });
    expect(items).to.have.length.above(1);
    for (const item of items)
      expect(packedItem(item as never).bytes.toString()).to.equal(renderedItem(item as never).toString());
  });
});
