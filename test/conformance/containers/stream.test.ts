import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Connection } from '../../../src/client/connection.js';
import { Api, type Exchange } from '../../../src/conformance/api.js';
import { follow, framed, hijack } from '../../../src/conformance/containers/stream.js';
import { Unmet } from '../../../src/conformance/expect.js';

function frame(stream: number, text: string): Buffer {
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

describe('multiplexed streams', () => {
  it('are taken apart by the number of their stream', () => {
    const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'bad\n'), frame(1, 'two\n'), frame(1, '')]);
    expect(framed(bytes)).to.deep.equal({ stdout: 'one\ntwo\n', stderr: 'bad\n' });
  });

  it('fail a requirement when a frame is none or cut short', () => {
    const whole = frame(1, 'one\n');
    for (const bad of [Buffer.from('plain text\n'), whole.subarray(0, 5), whole.subarray(0, 10), frame(7, 'x')])
      expect(() => framed(bad)).to.throw(Unmet);
  });
});

describe('streams of a daemon', () => {
  let folder: string;
  let daemon: net.Server;
  let api: Api;
  let connection: Connection;
  let answer: (socket: net.Socket, request: string) => void;
  const recorded: Exchange[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-stream-'));
    const path = join(folder, 'd.sock');
    daemon = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes: Buffer) => answer(socket, bytes.toString()));
    });
    await new Promise<void>((resolve) => daemon.listen(path, resolve));
    connection = new Connection({ kind: 'unix', path });
    api = new Api(connection, '1.55', (exchange) => recorded.push(exchange));
  });

  after(async () => {
    connection.close();
    await new Promise((resolve) => daemon.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it('go both ways after the head, and each side ends for itself', async () => {
    let asked = '';
    answer = (socket, request) => {
      asked = request;
      socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: x/raw\r\nUpgrade: tcp\r\n\r\nfirst ');
      socket.on('data', (bytes: Buffer) => socket.write(`got ${bytes.toString()}`));
      socket.on('end', () => socket.end(' last'));
    };
    const stream = await hijack(api, '/containers/x/attach', { query: { stdin: '1' } });
    expect(asked).to.match(/^POST \/v1\.55\/containers\/x\/attach\?stdin=1 HTTP\/1\.1\r\n/);
    expect(asked).to.contain('Upgrade: tcp\r\n');
    expect(stream.is(101).header('content-type')).to.equal('x/raw');
    stream.write('typed');
    await stream.untilText('got typed');
    stream.end();
    expect((await stream.ended()).toString()).to.equal('first got typed last');
    stream.close();
    expect(recorded.at(-1)).to.include({ method: 'POST', status: 101, path: '/v1.55/containers/x/attach?stdin=1' });
    expect(recorded.at(-1)?.body.toString()).to.equal('first got typed last');
  });

  it('fail a requirement when they end without what was waited for', async () => {
    answer = (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nother');
    const stream = await hijack(api, '/x', { upgrade: false });
    const error: unknown = await stream.untilText('wanted').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Unmet);
    expect((error as Unmet).actual).to.equal('ended after other');
    stream.close();
  });

  it('fail a requirement when no head comes', async () => {
    answer = (socket) => socket.end('HTTP/1.1 200');
    const error: unknown = await hijack(api, '/x').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Unmet);
    expect(recorded.at(-1)).to.include({ status: 0 });
  });

  it('are read while an answer goes on', async () => {
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n');
      setTimeout(() => socket.end('4\r\ntwo\n\r\n0\r\n\r\n'), 20);
    };
    const stream = await follow(api, 'GET', '/events');
    await stream.untilText('one');
    expect((await stream.ended()).toString()).to.equal('one\ntwo\n');
    stream.close();
  });
});
