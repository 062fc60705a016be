import { expect } from 'chai';
import { contextWithoutStore, raw, serveContext, type TestService } from '../support.js';

describe('containers', () => {
  let service: TestService;

  before(async () => {
    service = await serveContext(contextWithoutStore());
  });

  after(() => service.close());

  it('are none', async () => {
    const answer = await raw(service.path, 'GET /v1.55/containers/json?all=1 HTTP/1.1');
    expect(answer.status).to.equal(200);
    expect(answer.headers).not.to.have.property('x-attestd-source');
    expect(JSON.parse(answer.body.toString())).to.deep.equal([]);
  });

  it('are not found', async () => {
    const answer = await raw(service.path, 'GET /v1.55/containers/hello:attested/json HTTP/1.1');
    expect(answer.status).to.equal(404);
    expect(JSON.parse(answer.body.toString())).to.deep.equal({ message: 'No such container: hello:attested' });
  });
});
