import { expect } from 'chai';
import type { OperationHandlers } from '../../src/server/operation.js';
import { allHandlers } from '../../src/server/operations/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { contextWithoutStore, exchange, parseAnswer, raw, serveContext, type TestService } from './support.js';

const seen: string[] = [];
const store = { generation: 1 };
const context = contextWithoutStore(store);

async function* lines(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

/** Handlers that tell what they were asked; those of the version and of the ping are the real ones. */
const handlers: OperationHandlers = {
  ...Object.fromEntries(Object.entries(allHandlers).filter(([id]) => id.startsWith('System'))),
  SystemInfo: ({ apiVersion }) => ({ kind: 'json', value: { apiVersion } }),
  ImageInspect: ({ params: { name = '' }, apiVersion }) => {
    seen.push(name);
    if (name === 'nope') throw new AttestdError('NOT_FOUND', 'No such image: nope:latest');
    return { kind: 'json', value: { name, apiVersion, text: '<&>\u2028' }, keep: true };
  },
  ImageHistory: () => ({ kind: 'json', value: null }),
  ImageAttestations: async (request) => {
    if (request.params.name === 'broken') throw new TypeError('boom');
    const form = await request.form();
    const value = { types: form.all('type'), statement: form.flag('statement') };
    return { kind: 'json', value, keep: true };
  },
  ImageDelete: ({ params }) => ({ kind: 'json', value: [{ Untagged: params.name ?? '' }] }),
  ImageTag: async (request) => {
    const form = await request.form();
    return { kind: 'empty', status: form.get('repo') === '' ? 200 : 201 };
  },
  ImageLoad: () => ({ kind: 'records', contentType: 'application/json', records: lines('{"a":1}\r\n', '{"b":2}\r\n') }),
  ImageList: () => ({ kind: 'json', value: [{ Id: 'x'.repeat(3000) }], keep: true }),
};

const daemonHeaders = ['Api-Version', 'Ostype', 'Server', 'Docker-Experimental'];

describe('the request pipeline', () => {
  let service: TestService;
  before(async () => {
    service = await serveContext(context, { handlers });
  });
  after(() => service.close());
  const get = (target: string) => raw(service.path, `GET ${target} HTTP/1.1`);
  const send = (method: string, target: string) => raw(service.path, `${method} ${target} HTTP/1.1`);

  describe('paths', () => {
    it('takes names with slashes, encoded or not', async () => {
      for (const name of ['a/b/c', 'a%2Fb%2Fc', 'a%2fb/c', 'localhost%3A5000/x%3A1', 'x/json', 'json']) {
        const answer = await get(`/images/${name}/json`);
        expect(answer.status, name).to.equal(200);
        expect(seen.at(-1)).to.equal(decodeURIComponent(name));
      }
    });

    for (const [from, to] of [
      ['/images//json', '/images/json'],
      ['/images/a//b/json?x=%2F', '/images/a/b/json?x=%2F'],
      ['/images/./json', '/images/json'],
      ['/images/%2e%2e/json', '/json'],
      ['/images/a/../b/json', '/images/b/json'],
      ['//v1.55/_ping', '/v1.55/_ping'],
      ['/images/a%20b//json', '/images/a%20b/json'],
      ['/images/x/attestations//', '/images/x/attestations/'],
      ['http://other.host//images/x/json', 'http://other.host/images/x/json'],
    ] as const) {
      it(`redirects ${from} to ${to}`, async () => {
        const answer = await get(from);
        expect(answer.status).to.equal(301);
        expect(answer.headers.location).to.equal(to);
        expect(answer.headers['content-length']).to.equal('0');
        expect(answer.names).not.to.include('Api-Version');
      });
    }

    for (const target of [
      '/',
      '/nonexistent',
      '/v1.51',
      '/v1.51/',
      '/images/x/json/',
      '/images/json/',
      '/images/x/attestations/y',
      '/Images/x/json',
      '/images/x/JSON',
      '/images/x/json#frag',
      '/images/a%0Ab/json',
      '/images/attestations',
      '/v/_ping',
      '/v1.5a/_ping',
      '/V1.55/_ping',
      '/v1.55/v1.55/_ping',
    ]) {
      it(`finds nothing at ${target}`, async () => {
        const answer = await get(target);
        expect(answer.status).to.equal(404);
        expect(answer.body.toString()).to.equal('{"message":"page not found"}\n');
        expect(answer.names).to.have.members(['Content-Type', 'Content-Length', 'Date', 'Connection']);
      });
    }

    it('takes a target in absolute form', async () => {
      expect((await get('http://other.host/images/x/json')).status).to.equal(200);
    });

    it('refuses a path with a bad escape before the router sees it', async () => {
      const answer = await get('/images/%zz/json');
      expect(answer.status).to.equal(400);
      expect(answer.headers['content-type']).to.equal('text/plain; charset=utf-8');
    });
  });

  describe('methods', () => {
    for (const [method, target] of [
      ['HEAD', '/images/x/json'],
      ['POST', '/images/x/json'],
      ['PUT', '/images/x/attestations'],
      ['PATCH', '/images/x/attestations'],
      ['TRACE', '/images/x/attestations'],
      ['FOO', '/images/x/attestations'],
      ['get', '/images/x/attestations'],
      ['GET', '/images/load'],
      ['POST', '/_ping'],
      ['CONNECT', '/images/x/attestations'],
    ] as const) {
      it(`finds nothing for ${method} ${target}`, async () => {
        const answer = await send(method, target);
        expect(answer.status).to.equal(404);
        expect(answer.headers['content-type']).to.equal('application/json');
        expect(answer.headers['content-length']).to.equal('29');
        expect(answer.body.toString()).to.equal(method === 'HEAD' ? '' : '{"message":"page not found"}\n');
      });
    }

    it('answers OPTIONS on any path with nothing but headers', async () => {
      const answer = await send('OPTIONS', '/whatever/x');
      expect(answer.status).to.equal(200);
      expect(answer.headers['content-length']).to.equal('0');
      expect(answer.names).to.include.members(daemonHeaders);
      expect(answer.names).not.to.include('Content-Type');
    });

    it('reads DELETE …/attestations as deleting an image of that name', async () => {
      const answer = await send('DELETE', '/images/x/attestations');
      expect(answer.body.toString()).to.equal('[{"Untagged":"x/attestations"}]\n');
    });

    it('answers a hostless request of HTTP/1.1 in plain text', async () => {
      const answer = parseAnswer(await exchange(service.path, 'GET /_ping HTTP/1.1\r\nConnection: close\r\n\r\n'));
      expect(answer.status).to.equal(400);
      expect(answer.body.toString()).to.equal('400 Bad Request: missing required Host header');
    });

    for (const [line, status] of [
      ['GET /_ping HTTP/2.0', 505],
      ['GET /_ping', 400],
      ['GET _ping HTTP/1.1', 400],
      ['GET /a b HTTP/1.1', 400],
    ] as const) {
      it(`answers ${status} to '${line}' and ends the connection`, async () => {
        const answer = parseAnswer(await exchange(service.path, `${line}\r\nHost: x\r\n\r\n`));
        expect(answer.status).to.equal(status);
        expect(answer.headers).to.deep.equal({ 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
        expect(answer.body.toString()).to.match(new RegExp(`^${status} `));
      });
    }

    it('asks for a body that is announced, and for none that is not', async () => {
      const expecting = (length: string) =>
        exchange(
          service.path,
          `POST /images/x/tag?repo=y HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n${length}\r\n`,
          'abc',
        );
      expect((await expecting('Content-Length: 3\r\n')).toString()).to.match(/^HTTP\/1\.1 100 /);
      const bare = 'GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n';
      expect((await exchange(service.path, bare)).toString()).to.match(/^HTTP\/1\.1 200 /);
    });

    it('answers what is no HTTP in plain text', async () => {
      const answer = parseAnswer(await exchange(service.path, 'GET / HTTP/9.9\r\n\r\n'));
      expect(answer.status).to.equal(400);
    });
  });

  describe('versions', () => {
    for (const [prefix, apiVersion] of [
      ['', '1.55'],
      ['/v1.55', '1.55'],
      ['/v1.40', '1.40'],
      ['/v1.055', '1.55'],
      ['/v01.55', '1.55'],
      ['/v1.55.0', '1.55'],
      ['/v1.54.9', '1.54'],
    ] as const) {
      it(`speaks ${apiVersion} at '${prefix}'`, async () => {
        expect(JSON.parse((await get(`${prefix}/info`)).body.toString())).to.deep.equal({ apiVersion });
      });
    }

    for (const prefix of ['/v1.56', '/v1.55.1', '/v2.0', '/v1.540', '/v999999999999999999999.1', '/v1.39', '/v1.24']) {
      it(`refuses ${prefix} in JSON, without the experimental header`, async () => {
        const answer = await get(`${prefix}/_ping`);
        expect(answer.status).to.equal(400);
        expect(answer.headers['content-type']).to.equal('application/json');
        expect(answer.names).to.include.members(['Api-Version', 'Ostype', 'Server']);
        expect(answer.names).not.to.include('Docker-Experimental');
        expect(JSON.parse(answer.body.toString()).message).to.include(`client version ${prefix.slice(2)} is too`);
      });
    }

    for (const prefix of ['/v1.23', '/v1', '/v1.', '/v.', '/v..', '/v1..55', '/v0']) {
      it(`refuses ${prefix} in plain text`, async () => {
        const answer = await get(`${prefix}/_ping`);
        expect(answer.status).to.equal(400);
        expect(answer.headers['content-type']).to.equal('text/plain; charset=utf-8');
        expect(answer.headers['x-content-type-options']).to.equal('nosniff');
      });
    }

    it('refuses attestations below 1.55, naming the pattern of the router', async () => {
      const answer = await get('/v1.54/images/x/attestations');
      expect(answer.status).to.equal(400);
      expect(answer.headers['docker-experimental']).to.equal('false');
      expect(answer.body.toString()).to.equal(
        '{"message":"GET /images/{name:.*}/attestations requires minimum API version 1.55"}\n',
      );
    });
  });

  describe('answers', () => {
    it('escapes separators but no HTML', async () => {
      expect((await get('/images/x/json')).body.toString()).to.include('"<&>\\u2028"');
    });

    it('sends a body of more than 2048 bytes in chunks', async () => {
      const answer = await get('/images/json');
      expect(answer.headers['transfer-encoding']).to.equal('chunked');
      expect(answer.names).not.to.include('Content-Length');
      expect(answer.body.length).to.equal(3012);
    });

    it('sends a long body with its length to HTTP/1.0', async () => {
      const answer = await raw(service.path, 'GET /images/json HTTP/1.0');
      expect(answer.headers['content-length']).to.equal('3012');
    });

    it('writes null for a history that is none', async () => {
      expect((await get('/images/x/history')).body.toString()).to.equal('null\n');
    });

    it('writes streams piece by piece, in chunks', async () => {
      const answer = await send('POST', '/images/load');
      expect(answer.headers['transfer-encoding']).to.equal('chunked');
      expect(answer.body.toString()).to.equal('{"a":1}\r\n{"b":2}\r\n');
    });

    it('answers errors with their status and message', async () => {
      const answer = await get('/images/nope/json');
      expect(answer.status).to.equal(404);
      expect(answer.body.toString()).to.equal('{"message":"No such image: nope:latest"}\n');
    });

    it('answers 500 to a fault and stays up', async () => {
      expect((await get('/images/broken/attestations')).status).to.equal(500);
      expect((await get('/_ping')).status).to.equal(200);
    });

    it('answers 201 or 200 without a body to tag', async () => {
      const created = await send('POST', '/images/x/tag?repo=y');
      expect([created.status, created.headers['content-length'], created.headers['content-type']]).to.deep.equal([
        201,
        '0',
        undefined,
      ]);
      expect((await send('POST', '/images/x/tag')).status).to.equal(200);
    });

    it('pings with the headers of the daemon', async () => {
      const answer = await get('/_ping');
      expect(answer.body.toString()).to.equal('OK');
      expect(answer.headers).to.include({
        'api-version': '1.55',
        'builder-version': '2',
        'cache-control': 'no-cache, no-store, must-revalidate',
        'content-length': '2',
        'content-type': 'text/plain; charset=utf-8',
        'docker-experimental': 'false',
        ostype: 'linux',
        pragma: 'no-cache',
        server: 'Docker/29.7.2 (linux)',
        swarm: 'inactive',
      });
      expect((await send('HEAD', '/_ping')).headers['content-length']).to.equal('0');
    });

    it('sends no keep-alive headers and keeps the connection open', async () => {
      const two = 'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2);
      const bytes = (
        await exchange(service.path, `${two}GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      ).toString();
      expect(bytes.match(/HTTP\/1\.1 200 OK/g)).to.have.length(3);
      expect(bytes).not.to.match(/keep-alive/i);
    });

    it('says what is missing of an operation without a handler, and makes nothing up', async () => {
      const answer = await get('/swarm');
      expect(answer.status).to.equal(501);
      expect(JSON.parse(answer.body.toString()).message).to.contain('GET /swarm').and.to.contain('SwarmInspect');
      expect(answer.names).not.to.include('X-Attestd-Source');
    });
  });

  describe('parameters', () => {
    const options = async (query: string) => JSON.parse((await get(`/images/x/attestations?${query}`)).body.toString());

    it('reads types as they come, repeated ones in order', async () => {
      expect((await options('type=b&type=+a%2Cc&Type=z')).types).to.deep.equal(['b', ' a,c']);
    });

    it('reads flags as the daemon does', async () => {
      const values = { '1': true, TRUE: true, off: true, '%20': false, NO: false, none: false, '': false, '-1': true };
      for (const [value, flag] of Object.entries(values))
        expect((await options(`statement=${value}`)).statement, value).to.equal(flag);
      expect((await options('statement=0&statement=1')).statement).to.equal(false);
    });

    for (const [query, message] of [
      ['type=%zz', 'invalid URL escape "%zz"'],
      ['type=%z', 'invalid URL escape "%z"'],
      ['type=a;b', 'invalid semicolon separator in query'],
      ['type=%zz&a;b', 'invalid semicolon separator in query'],
    ] as const) {
      it(`refuses ${query}`, async () => {
        const answer = await get(`/images/x/attestations?${query}`);
        expect(answer.status).to.equal(400);
        expect(JSON.parse(answer.body.toString())).to.deep.equal({ message });
      });
    }

    it('reads a form body before the query', async () => {
      const head =
        'POST /images/x/tag?repo= HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6';
      expect((await raw(service.path, head, 'repo=y')).status).to.equal(201);
    });
  });

  describe('kept answers', () => {
    it('come back byte for byte, until the store moves', async () => {
      await get('/images/kept/json');
      const count = seen.length;
      const again = await get('/images/kept/json');
      expect(seen.length).to.equal(count);
      expect(again.headers['content-type']).to.equal('application/json');
      store.generation++;
      expect((await get('/images/kept/json')).body).to.deep.equal(again.body);
      expect(seen.length).to.equal(count + 1);
    });

    it('are as chunked as the first', async () => {
      await get('/images/json?kept');
      const again = await get('/images/json?kept');
      expect(again.headers['transfer-encoding']).to.equal('chunked');
      expect(again.body.length).to.equal(3012);
    });
  });
});

describe('strict mode', () => {
  let service: TestService;
  before(async () => {
    service = await serveContext(context, { strict: true, handlers });
  });
  after(() => service.close());

  for (const [target, status] of [
    ['/images/json', 200],
    ['/images/json?all=1&digests=false', 200],
    ['/images/json?all=maybe', 400],
    ['/images/json?bogus=1', 400],
    ['/images/json?all=1&all=0', 400],
    ['/v1.46/images/json?manifests=1', 400],
    ['/images/search?limit=x&term=y', 400],
    ['/images/search', 400],
    ['/images/x/attestations?type=a&type=b', 200],
  ] as const) {
    it(`answers ${status} to ${target}`, async () => {
      const answer = await raw(service.path, `GET ${target} HTTP/1.1`);
      expect(answer.status, answer.body.toString()).to.equal(status);
    });
  }
});
