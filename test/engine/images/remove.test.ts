import { expect } from 'chai';
import { removeImage } from '../../../src/engine/images/remove.js';
import { create, openContainers } from '../containers/support.js';
import { load } from '../support.js';

const basic = 'sha256:af71d3271f31f71d95ccf740baf11c0108009a9fb7dc90257fee2c0a20b6c70d';

describe('The deletion of an image that a container begins to use meanwhile', () => {
  it('takes the other names too, for what is refused has changed nothing', async () => {
    const engine = await openContainers();
    const { context } = engine;
    await load(context, 'att-basic');
    const { target } = context.store.list()[0] ?? {};
    if (target === undefined) throw new Error('nothing was loaded');
    await context.store.put(`docker.io/library/att-basic@${basic}`, target);
    const remove = context.store.remove.bind(context.store);
    let gone = 0;
    context.store.remove = async (name) => {
      await remove(name);
      gone += 1;
      if (gone === 1) await create(context, { Image: basic });
    };
    await removeImage(context, 'att-basic');
    expect(context.containers.list()).to.have.length(1);
    expect(gone).to.equal(2);
    await engine.close();
  });
});
