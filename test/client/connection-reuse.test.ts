import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Connection } from '../../src/client/connection.js';

describe('a connection that is kept for the next request', () => {
  it('is made anew when the daemon closes it just when it is used again', async () => {
    let answered = 0;
    const server = http.createServer((request, response) => {
      // The second request on one connection is cut off, as by a daemon that closes what was idle.
      const socket = request.socket as typeof request.socket & { used?: boolean };
      if (socket.used) {
        socket.resetAndDestroy();
        return;
      }
      socket.used = true;
      answered += 1;
      response.end('OK');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connection = new Connection({ kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    try {
      for (let i = 0; i < 3; i += 1)
        expect((await connection.send({ method: 'GET', path: '/_ping' })).body.toString()).to.equal('OK');
      expect(answered).to.equal(3);
      const write = { method: 'POST', path: '/images/load', body: 'x' };
      expect(await connection.send(write).catch((error: unknown) => error)).to.be.instanceOf(Error);
    } finally {
      connection.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('is not used again after a second of rest, when a daemon may be about to close it', async () => {
    const sockets = new Set<unknown>();
    const server = http.createServer((request, response) => {
      sockets.add(request.socket);
      response.end('OK');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connection = new Connection({ kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    const write = async (): Promise<number> => {
      await connection.send({ method: 'POST', path: '/images/load', body: 'x' });
      return sockets.size;
    };
    try {
      expect([await write(), await write()]).to.deep.equal([1, 1]);
      await new Promise((resolve) => setTimeout(resolve, 1050));
      expect(await write()).to.equal(2);
    } finally {
      connection.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
