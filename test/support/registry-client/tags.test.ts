import { expect } from 'chai';
import { parseReference } from '../../../src/oci/reference.js';
import { Registry } from '../../../src/support/registry-client/registry.js';
import { listTags } from '../../../src/support/registry-client/tags.js';
import { rejected } from '../../oci/support/rejected.js';
import { FakeRegistry, send } from './fake-registry.js';

describe('the tags of a repository', () => {
  let fake: FakeRegistry;
  let registry: Registry;
  beforeEach(async () => {
    fake = await FakeRegistry.start();
    registry = new Registry({ debug: () => undefined });
  });
  afterEach(async () => {
    await registry.close();
    await fake.stop();
  });

  const list = (): Promise<readonly string[]> => listTags(registry, parseReference(`${fake.host}/a/b`), {});

  /** Pages of so many tags, each of which links to the next. */
  const serve = (pages: number, tags: number, tag: string): void => {
    let page = 0;
    fake.fault = ({ method, path }, response) => {
      if (!path.endsWith('/tags/list')) return false;
      page += 1;
      if (page < pages) response.setHeader('Link', `<${path}?last=${page}>; rel="next"`);
      return send(response, method, 200, JSON.stringify({ name: 'a/b', tags: Array(tags).fill(tag) }));
    };
  };

  it('are those of all pages, however many a page has', async () => {
    serve(3, 200_000, 't');
    expect(await list()).to.have.lengthOf(600_000);
  });

  it('are refused where a page or all of them are longer than is read', async () => {
    serve(1, 5, 'x'.repeat(1 << 20));
    expect(await rejected(list())).to.have.property('code', 'INTERNAL');
    serve(Number.POSITIVE_INFINITY, 3, 'x'.repeat(1 << 20));
    expect(await rejected(list())).to.have.property('code', 'INTERNAL');
    expect(fake.lines.filter((line) => line.includes('tags/list')).length).to.be.lessThan(10);
  });
});
