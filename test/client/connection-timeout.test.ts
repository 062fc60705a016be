import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Connection } from '../../src/client/connection.js';

describe('the time-out of a request', () => {
  let server: http.Server;
  let connection: Connection;

  before(async () => {
    server = http.createServer((request, response) => {
      if (request.url === '/answered') response.end('OK');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    connection = new Connection({ kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  });

  after(() => {
    connection.close();
    server.closeAllConnections();
    server.close();
  });

  it('ends one that a daemon does not answer', async () => {
    const failure: unknown = await connection
      .send({ method: 'GET', path: '/silent', timeout: 50 })
      .catch((error: unknown) => error);
    expect(failure).to.include({ code: 'UNAVAILABLE' });
  });

  it('ends whatever takes longer than a connection allows, and what waits for others to end', async () => {
    const hasty = new Connection(
      { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port },
      { deadline: 100 },
    );
    const asked = Array.from({ length: 70 }, () => hasty.send({ method: 'GET', path: '/silent' }));
    const codes = (await Promise.allSettled(asked)).map((one) => one.status === 'rejected' && one.reason.code);
    expect(new Set(codes)).to.deep.equal(new Set(['UNAVAILABLE']));
    hasty.close();
  });

  it('begins anew when the process was stopped meanwhile, and has not read what came', async () => {
    const answer = connection.send({ method: 'GET', path: '/answered', timeout: 100 });
    await new Promise((resolve) => setTimeout(resolve));
    // As a signal stops it: nothing runs, and time passes.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
    expect((await answer).body.toString()).to.equal('OK');
  });
});
