import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Connection } from '../../src/client/connection.js';
import { answers, ignores, instead, requests } from './mutant.js';
import { FaultyProxy } from './proxy.js';

describe('the faulty proxy', () => {
  const seen: string[] = [];
  let daemon: http.Server;
  let proxy: FaultyProxy;
  let client: Connection;

  before(async () => {
    daemon = http.createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (request.url === '/events') {
        response.write('{"a":1}\n{"a"');
        setImmediate(() => response.end(':2}\n'));
      } else response.writeHead(200, { 'X-Kept': 'yes', 'Content-Type': 'application/json' }).end('[1.0,2]\n');
    });
    await new Promise<void>((resolve) => daemon.listen(0, '127.0.0.1', resolve));
    const { port } = daemon.address() as AddressInfo;
    proxy = await FaultyProxy.start({ kind: 'tcp', host: '127.0.0.1', port });
    client = new Connection(proxy.target);
  });

  beforeEach(() => {
    proxy.mutant = undefined;
    seen.length = 0;
  });

  after(async () => {
    client.close();
    await proxy.close();
    daemon.closeAllConnections();
    daemon.close();
  });

  it('passes everything on when there is no fault', async () => {
    const answer = await client.send({ method: 'GET', path: '/a%2Fb?x=%7B' });
    expect(answer.body.toString()).to.equal('[1.0,2]\n');
    expect(Object.fromEntries(answer.headers)).to.include({ 'X-Kept': 'yes' });
    expect(seen).to.deep.equal(['GET /a%2Fb?x=%7B']);
  });

  it('changes the answer and nothing else in it', async () => {
    proxy.mutant = {
      id: 'x',
      title: 'x',
      ...answers('GET', /^\/a$/, (reply) => reply.elements((all) => all.reverse())),
    };
    expect((await client.send({ method: 'GET', path: '/v1.44/a' })).body.toString()).to.equal('[2,1.0]\n');
    expect((await client.send({ method: 'GET', path: '/b' })).body.toString()).to.equal('[1.0,2]\n');
  });

  it('keeps parameters from the daemon', async () => {
    proxy.mutant = { id: 'x', title: 'x', ...ignores('GET', /^\/a$/, 'type') };
    await client.send({ method: 'GET', path: '/a?type=1&b=2' });
    expect(seen).to.deep.equal(['GET /a?b=2']);
  });

  it('answers in place of the daemon', async () => {
    proxy.mutant = { id: 'x', title: 'x', ...requests('DELETE', /^\/a$/, () => instead(404, { message: 'no' })) };
    const { status, body } = await client.send({ method: 'DELETE', path: '/a' });
    expect([status, body.toString()]).to.deep.equal([404, '{"message":"no"}\n']);
    expect(seen).to.deep.equal([]);
  });

  it('changes single lines of a stream, wherever it was cut', async () => {
    proxy.mutant = { id: 'x', title: 'x', line: (_, line) => (line.includes('1') ? null : line.replace('2', '3')) };
    expect((await client.send({ method: 'GET', path: '/events' })).body.toString()).to.equal('{"a":3}\n');
  });
});
