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

  it('are not made of a body that would keep others waiting', async () => {
    const create = async (bytes: number): Promise<[number, boolean]> => {
      const head = `POST /containers/create HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${bytes}`;
      const { status, body } = await raw(service.path, head, Buffer.alloc(bytes, ' ').fill('{}', 0, 2));
      return [status, /request body too large/.test(body.toString())];
    };
    expect((await create(1024 * 1024))[1]).to.equal(false);
    expect(await create(1024 * 1024 + 1)).to.deep.equal([400, true]);
  });

  it('are not found', async () => {
    const answer = await raw(service.path, 'GET /v1.55/containers/hello:attested/json HTTP/1.1');
    expect(answer.status).to.equal(404);
    expect(JSON.parse(answer.body.toString())).to.deep.equal({ message: 'No such container: hello:attested' });
  });
});
