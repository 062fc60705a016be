import { expect } from 'chai';
import { contextWithoutStore, raw, serveContext, type TestService } from '../support.js';

describe('paths that no description knows', () => {
  let service: TestService;
  before(async () => {
    service = await serveContext(contextWithoutStore());
  });
  after(() => service.close());

  for (const [request, status] of [
    ['POST /build/cancel', 400],
    ['POST /build/cancel?id=x', 200],
    ['GET /containers/x/checkpoints', 501],
    ['POST /v1.44/containers/x/checkpoints', 501],
    ['DELETE /containers/x/checkpoints/y', 501],
    ['GET /build/cancel', 404],
  ] as const)
    it(`answer ${status} to ${request}`, async () => {
      expect((await raw(service.path, `${request} HTTP/1.1`)).status).to.equal(status);
    });
});
