import { once } from 'node:events';
import { type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

describe('who may use a server over TCP', () => {
  const running: RunningServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
  });
  const start = async (options: ServerOptions = {}): Promise<number> => {
    const server = await startServer({ listen: ['tcp://127.0.0.1:0'], logLevel: 'none', ...options });
    running.push(server);
    return Number((server.hosts[0] as string).split(':').at(-1));
  };
  const status = (port: number, headers: Record<string, string>, method = 'GET', path = '/_ping'): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.once('error', reject);
      sent.end();
    });

  it('is nobody whose request comes from a web page', async () => {
    const port = await start();
    const headers = { Origin: 'http://evil.example', 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await status(port, headers)).to.equal(403);
    expect(await status(port, headers, 'POST', '/images/create?fromSrc=-&repo=x')).to.equal(403);
    expect(await status(port, { Origin: 'null' })).to.equal(403);
  });

  it('is nobody who calls the server by a name that may point to it today', async () => {
    const port = await start();
    for (const [host, expected] of [
      ['rebound.example', 403],
      ['rebound.example:2375', 403],
      ['127.0.0.1:2375', 200],
      ['[::1]:2375', 200],
      ['localhost', 200],
      ['LOCALHOST:1', 200],
      ['api.moby.localhost', 200],
    ] as const)
      expect(await status(port, { Host: host }), host).to.equal(expected);
  });

  it('is nobody who names another host in the target of a request', async () => {
    const port = await start();
    for (const [target, expected] of [
      ['http://rebound.example/_ping', 403],
      ['http://rebound.example@127.0.0.1/_ping', 403],
      ['http://localhost:1/_ping', 200],
    ] as const)
      expect(await status(port, { Host: 'localhost' }, 'GET', target), target).to.equal(expected);
  });

  it('is nobody of those for gRPC either, however its connection begins', async () => {
    const port = await start();
    const called = async (headers: OutgoingHttpHeaders): Promise<unknown> => {
      const session = connect(`http://127.0.0.1:${port}`).on('error', () => undefined);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/containerd.services.content.v1.Content/Info',
        'content-type': 'application/grpc',
        ...headers,
      });
      const [answer] = await once(stream.end(), 'response');
      stream.resume();
      session.destroy();
      return answer[':status'];
    };
    expect(await called({})).to.equal(200);
    expect(await called({ origin: 'http://evil.example' })).to.equal(403);
    expect(await called({ ':authority': 'rebound.example' })).to.equal(403);
    const upgrade = { Connection: 'Upgrade', Upgrade: 'h2c' };
    expect(await status(port, { ...upgrade, Host: 'rebound.example' }, 'POST', '/grpc')).to.equal(403);
  });

  it('is everybody who is let in', async () => {
    const port = await start({ allowHosts: ['ci.example'], allowOrigin: true });
    expect(await status(port, { Host: 'ci.example:2375', Origin: 'http://page.example' })).to.equal(200);
  });

  it('is refused what was answered before, too', async () => {
    const port = await start();
    expect(await status(port, {})).to.equal(200);
    expect(await status(port, { Origin: 'http://evil.example' })).to.equal(403);
  });

  it('is not everybody who reaches the machine, unless that is wanted', async () => {
    const error = await start({ listen: ['tcp://0.0.0.0:0'] }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
    expect(await status(await start({ listen: ['tcp://0.0.0.0:0'], allowInsecureRemote: true }), {})).to.equal(200);
  });
});
