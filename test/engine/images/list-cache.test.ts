import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { closeContext, createContext } from '../../../src/engine/engine.js';
import { openList } from '../../../src/engine/images/list.js';
import { ListCache } from '../../../src/engine/images/list-cache.js';
import { pack } from '../../../src/engine/images/packed-text.js';
import { tagImage } from '../../../src/engine/images/tag.js';
import { openLayout } from '../../../src/oci/layout.js';
import { temporaryFolder } from '../../oci/support/images.js';
import { load, type TestEngine } from '../support.js';

const images = ['att-basic', 'att-multi', 'two-names', 'att-orphan'] as const;

describe('Elements of the list of images', () => {
  let folder: string;
  let test: TestEngine;
  /** Digests of the images whose elements were made. */
  let made: string[];

  async function open(): Promise<TestEngine> {
    const store = await openLayout(folder);
    const context = createContext({ store, host: { os: 'linux', architecture: 'amd64' }, channel: 'standard' });
    const put = context.lists.put.bind(context.lists);
    context.lists.put = (...all) => {
      made.push(all[2].image.target.digest);
      put(...all);
    };
    return {
      context,
      close: async () => {
        await closeContext(context);
        await store.close();
      },
    };
  }

  async function list({ context }: TestEngine, manifests = false): Promise<string[]> {
    const texts: string[] = [];
    for await (const { bytes } of (await openList(context, { apiVersion: '1.55', manifests })).items())
      texts.push(bytes.toString());
    return texts;
  }

  /** The list, which must be what a daemon says that kept nothing; and how many elements were made. */
  async function listed(): Promise<{ texts: string[]; count: number }> {
    made = [];
    const texts = await list(test);
    const count = made.length;
    await test.close();
    test = await open();
    expect(await list(test)).to.deep.equal(texts);
    return { texts, count };
  }

  beforeEach(async () => {
    made = [];
    folder = await temporaryFolder();
    test = await open();
    await load(test.context, ...images);
  });

  afterEach(() => test.close());

  it('are made once, each form of its own', async () => {
    const first = await list(test);
    expect(made).to.have.lengthOf(first.length);
    expect(await list(test)).to.deep.equal(first);
    expect(made).to.have.lengthOf(first.length);
    expect(await list(test, true)).not.to.deep.equal(first);
    expect(made).to.have.lengthOf(2 * first.length);
    expect(await list(test)).to.deep.equal(first);
  });

  it('are the same whether they are kept packed or as they are', async () => {
    const whole = await list(test);
    for (const unpacked of [0, 1]) {
      const other = { ...test, context: { ...test.context, lists: new ListCache(1 << 20, unpacked) } };
      expect(await list(other)).to.deep.equal(whole);
      expect(await list(other)).to.deep.equal(whole);
    }
  });

  it('stay, those that came first, where there is no room for all', async () => {
    const whole = await list(test);
    const longest = Math.max(...whole.map((text) => pack(text, JSON.parse(text).Id).length));
    const lists = new ListCache(2 * (longest + 250), 0);
    let used = 0;
    const get = lists.get.bind(lists);
    lists.get = async (...all) => {
      const kept = await get(...all);
      if (kept !== undefined) used++;
      return kept;
    };
    const small = { ...test, context: { ...test.context, lists } };
    expect(await list(small)).to.deep.equal(whole);
    used = 0;
    expect(await list(small)).to.deep.equal(whole);
    // Looked for to sort the list, and to write it.
    expect(used).to.be.within(4, 2 * (whole.length - 1));
  });

  it('are made anew of an image that gets a name, and of no other', async () => {
    const before = await list(test);
    await tagImage(test.context, 'att-basic:latest', { repo: 'other', tag: 'v1' });
    const { texts, count } = await listed();
    expect(count).to.equal(1);
    expect(texts.filter((text) => !before.includes(text))).to.have.lengthOf(1);
  });

  it('are made anew of an image that loses a blob, whoever deletes it', async () => {
    const before = await list(test);
    const image = test.context.store.list().find(({ name }) => name.includes('att-basic'));
    const children = await test.context.manifests.children(image?.target as never);
    await unlink(join(folder, 'blobs', 'sha256', `${children?.[0]?.digest.slice(7)}`));
    const { texts, count } = await listed();
    expect(count).to.equal(1);
    expect(texts.filter((text) => !before.includes(text))).to.have.lengthOf(1);
  });
});
