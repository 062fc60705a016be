import { expect } from 'chai';
import { contextWithoutStore, raw, serveContext, type TestService } from '../support.js';

describe('the lists of what the server does not have', () => {
  let service: TestService;
  before(async () => {
    service = await serveContext(contextWithoutStore());
  });
  after(() => service.close());

  for (const [path, status, body] of [
    ['/networks/?filters=bad', 400, '{"message":"invalid filter"}\n'],
    ['/volumes', 200, '{"Volumes":[],"Warnings":null}\n'],
    ['/volumes?filters={"dangling":["true"]}', 200, '{"Volumes":[],"Warnings":null}\n'],
    ['/volumes?filters={"bogus":["x"]}', 400, '{"message":"invalid filter \'bogus\'"}\n'],
    ['/volumes?filters=bad', 400, '{"message":"error reading volume filters: invalid filter"}\n'],
    ['/containers/json?limit=-1&filters={"status":["exited"]}', 200, '[]\n'],
    ['/containers/json?filters={"bogus":["x"]}', 400, '{"message":"invalid filter \'bogus\'"}\n'],
    ['/containers/json?filters=bad', 400, '{"message":"invalid filter"}\n'],
    ['/containers/json?limit=x', 400, '{"message":"strconv.Atoi: parsing \\"x\\": invalid syntax"}\n'],
  ] as const) {
    it(`answer ${status} to ${path}`, async () => {
      const answer = await raw(service.path, `GET ${path} HTTP/1.1`);
      expect(answer.status).to.equal(status);
      expect(answer.body.toString()).to.equal(body);
      expect(answer.headers['x-attestd-source']).to.equal(undefined);
    });
  }
});
