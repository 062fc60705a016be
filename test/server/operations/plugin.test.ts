import { expect } from 'chai';
import { contextWithoutStore, raw, serveContext, type TestService } from '../support.js';

describe('requests for plugins', () => {
  let service: TestService;
  before(async () => {
    service = await serveContext(contextWithoutStore());
  });
  after(() => service.close());

  const digest = `sha256:${'a'.repeat(64)}`;
  for (const [path, status, name] of [
    ['/plugins/nosuch/upgrade?remote=a/b', 404, 'nosuch:latest'],
    ['/plugins/UPPER/upgrade?remote=a/b', 500, undefined],
    ['/plugins/pull?remote=a/b&name=UPPER', 500, undefined],
    [`/plugins/pull?remote=a/b&name=x@${digest}`, 500, undefined],
    ['/plugins/pull?remote=UPPER', 400, undefined],
    [`/plugins/create?name=a/b@${digest}`, 500, undefined],
  ] as const) {
    it(`answer ${status} to POST ${path}`, async () => {
      const answer = await raw(
        service.path,
        `POST ${path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2`,
        '[]',
      );
      expect(answer.status).to.equal(status);
      expect(answer.headers['docker-plugin-name']).to.equal(name);
    });
  }

  it('are told that the connection closes where they want it to', async () => {
    const head = 'GET /plugins HTTP/1.1';
    const closing = await raw(service.path, `${head}\r\nConnection: close`);
    expect(closing.headers.connection).to.equal('close');
  });
});
