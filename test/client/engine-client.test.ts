import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { AttestdError, connect } from '../../src/client/index.js';

describe('a client of the Engine API', () => {
  let daemon: Server;
  let host: string;
  let version: string | undefined;
  let answer: { status: number; body: string };
  const asked: string[] = [];

  before(async () => {
    daemon = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === '/_ping') {
        if (version !== undefined) response.setHeader('Api-Version', version);
        response.end();
        return;
      }
      response.statusCode = answer.status;
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => {
      daemon.listen(0, '127.0.0.1', resolve);
    });
    host = `tcp://127.0.0.1:${(daemon.address() as AddressInfo).port}`;
  });
  after(() => {
    daemon.close();
    daemon.closeAllConnections();
  });
  beforeEach(() => {
    version = '1.55';
    answer = { status: 200, body: '[]' };
    asked.length = 0;
  });

  const client = (env: Record<string, string> = {}) => connect({ host, env });

  for (const [offered, spoken] of [
    ['1.55', '1.55'],
    ['1.99', '1.55'],
    ['1.51', '1.51'],
    [undefined, '1.24'],
  ] as const) {
    it(`speaks ${spoken} with a daemon that offers ${offered ?? 'nothing'}`, async () => {
      version = offered;
      expect((await client()).apiVersion).to.equal(spoken);
    });
  }

  it('speaks the version that DOCKER_API_VERSION names, and asks nobody', async () => {
    expect((await client({ DOCKER_API_VERSION: '1.48' })).apiVersion).to.equal('1.48');
    expect(asked).to.deep.equal([]);
  });

  it('refuses a version that is none', async () => {
    const error = await client({ DOCKER_API_VERSION: 'new' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
  });

  it('keeps the bytes of statements', async () => {
    const odd = '{"a":1.0,"a":1e3,"big":12345678901234567890,"s":"\\u0041\\/ \\" ] }","e":{}}';
    const element = (statement: string): string =>
      `{"Descriptor":{"digest":"sha256:x","size":1},"PredicateType":"p \\u2028","Statement":${statement}}`;
    const statements = [odd, 'null', '[ ]', '-0', '"x"', 'false'];
    answer.body = `[${statements.map(element).join(',\n ')}]\n`;
    const found = await (await client()).imageAttestations('a/b:c', { statement: true });
    expect(found.map(({ statement }) => statement?.toString())).to.deep.equal(statements);
    expect(found[0]?.predicateType).to.equal('p \u2028');
  });

  it('asks with every type and the platform as JSON', async () => {
    const platform = { os: 'linux', architecture: 'arm64' };
    await (await client()).imageAttestations('a/b:c', { types: ['x y', 'z'], platform });
    const query = '?platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22arm64%22%7D&type=x%20y&type=z';
    expect(asked.at(-1)).to.equal(`GET /v1.55/images/a%2Fb%3Ac/attestations${query}`);
  });

  it('takes an error object in place of the array for what it is', async () => {
    answer.body = '{"message":"json: error calling MarshalJSON"}\n';
    const error = await (await client()).imageAttestations('x').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'CORRUPT');
  });

  for (const [status, code] of [
    [400, 'INVALID_ARGUMENT'],
    [404, 'NOT_FOUND'],
    [409, 'CONFLICT'],
    [500, 'INTERNAL'],
    [501, 'NOT_IMPLEMENTED'],
  ] as const) {
    it(`reports status ${status} as ${code} with the daemon’s words`, async () => {
      answer = { status, body: '{"message":"it said so"}' };
      const error = (await (await client()).version().catch((thrown: unknown) => thrown)) as AttestdError;
      expect(error.code).to.equal(code);
      expect(error.message).to.include('it said so');
    });
  }

  for (const body of ['', '[', '{', '[{"Descriptor":{}', '[{"PredicateType":"x"}]', '[1]', '["x", ]', 'x y']) {
    it(`refuses the broken answer ${JSON.stringify(body)}`, async () => {
      answer.body = body;
      const error = await (await client()).imageAttestations('x').catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Error);
      if (body !== '{') expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_JSON');
    });
  }

  it('says that a daemon is too old for attestations', async () => {
    version = '1.51';
    const error = await (await client()).imageAttestations('x').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'NOT_IMPLEMENTED');
  });
});
