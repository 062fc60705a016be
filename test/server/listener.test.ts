import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatAddress, parseAddress, parseAddresses } from '../../src/server/address.js';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.js';
import { listen } from '../../src/server/listener.js';
import { AttestdError, type ErrorCode } from '../../src/support/foundation/errors.js';
import { raw } from './support.js';

async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AttestdError) return error.code;
    throw error;
  }
  return undefined;
}

function pem(name: string): string {
  return readFileSync(new URL(`tls/${name}`, import.meta.url), 'utf8');
}

describe('addresses to listen on', () => {
  for (const text of ['unix:///run/x.sock', 'tcp://127.0.0.1:2375', 'tcp://[::1]:0', 'tcp://localhost:65535']) {
    it(`reads ${text} and writes it back`, () => {
      expect(formatAddress(parseAddress(text))).to.equal(text);
    });
  }

  for (const text of [
    '',
    'unix://x.sock',
    'tcp://localhost',
    'tcp://x:99999',
    'http://x:1',
    '/run/x.sock',
    'tcp://:1',
  ]) {
    it(`refuses '${text}'`, () => {
      expect(() => parseAddress(text))
        .to.throw(AttestdError)
        .with.property('code', 'USAGE');
    });
  }
});

describe('several addresses to listen on', () => {
  it('count once each, but for free ports', () => {
    const given = [
      'unix:///a',
      'tcp://127.0.0.1:5',
      'unix:///a',
      'tcp://127.0.0.1:5',
      'tcp://[::1]:0',
      'tcp://[::1]:0',
    ];
    expect(parseAddresses(given).map(formatAddress)).to.deep.equal([
      'unix:///a',
      'tcp://127.0.0.1:5',
      'tcp://[::1]:0',
      'tcp://[::1]:0',
    ]);
  });
});

describe('the server on its sockets', () => {
  let folder: string;
  const running: RunningServer[] = [];
  const start = async (options: ServerOptions): Promise<RunningServer> => {
    const server = await startServer({ store: join(folder, 'store'), ...options });
    running.push(server);
    return server;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-test-'));
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes a private socket when none is asked for, and removes it with its folder', async () => {
    const server = await start({});
    const path = (server.hosts[0] as string).replace('unix://', '');
    expect((await stat(join(path, '..'))).mode & 0o077).to.equal(0);
    expect((await raw(path, 'GET /_ping HTTP/1.1')).status).to.equal(200);
    await server.close();
    expect(await stat(join(path, '..')).catch(() => undefined)).to.equal(undefined);
  });

  it('listens at several addresses and says which port it took', async () => {
    const path = join(folder, 'a.sock');
    const server = await start({ listen: [`unix://${path}`, 'tcp://127.0.0.1:0'] });
    expect(server.hosts[0]).to.equal(`unix://${path}`);
    expect(server.hosts[1]).to.match(/^tcp:\/\/127\.0\.0\.1:[1-9]\d+$/);
    const response = await fetch(`${(server.hosts[1] as string).replace('tcp:', 'http:')}/_ping`);
    expect(await response.text()).to.equal('OK');
  });

  it('takes over a socket that a server which is gone has left', async () => {
    const path = join(folder, 'stale.sock');
    const stale = createServer().listen(path);
    await new Promise((resolve) => stale.once('listening', resolve));
    const copy = join(folder, 'copy.sock');
    await import('node:fs/promises').then((fs) => fs.link(path, copy));
    await new Promise((resolve) => stale.close(resolve));
    await start({ listen: [`unix://${copy}`] });
    expect((await raw(copy, 'GET /_ping HTTP/1.1')).status).to.equal(200);
  });

  it('refuses a socket that somebody listens on', async () => {
    const path = join(folder, 'a.sock');
    await start({ listen: [`unix://${path}`] });
    expect(await codeOf(start({ listen: [`unix://${path}`], store: join(folder, 'other') }))).to.equal(
      'ALREADY_EXISTS',
    );
    expect((await raw(path, 'GET /_ping HTTP/1.1')).status).to.equal(200);
  });

  it('refuses a path that is too long for a socket, or leads through a file, and makes nothing', async () => {
    await writeFile(join(folder, 'file'), '');
    const before = await readdir(folder);
    for (const path of [join(folder, 'x'.repeat(110)), join(folder, 'file', 'x.sock')])
      expect(await codeOf(start({ listen: [`unix://${path}`] }))).to.equal('USAGE');
    expect((await readdir(folder)).filter((name) => name !== 'store')).to.deep.equal(before);
  });

  it('refuses a store in which a file is where a folder belongs, or the other way round', async () => {
    const one = join(folder, 'one');
    await mkdir(join(one, '.attestd'), { recursive: true });
    await writeFile(join(one, '.attestd', 'state'), '');
    expect(await codeOf(start({ store: one }))).to.equal('USAGE');
    const other = join(folder, 'other');
    await mkdir(join(other, 'index.json'), { recursive: true });
    await writeFile(join(other, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    expect(await codeOf(start({ store: other }))).to.equal('USAGE');
  });

  it('makes folders that only its user may enter, whatever the process gives to new ones', async () => {
    const store = join(folder, 'open');
    const before = process.umask(0);
    try {
      await mkdir(store);
      await start({ store });
      for (const name of await readdir(store, { recursive: true, withFileTypes: true })) {
        if (!name.isDirectory()) continue;
        const path = join(name.parentPath, name.name);
        expect((await stat(path)).mode & 0o777, path).to.equal(0o700);
      }
    } finally {
      process.umask(before);
    }
  });

  it('answers who reads while what others change cannot be kept', async () => {
    const [host = ''] = (await start({ logLevel: 'none' })).hosts;
    const draft = join(folder, 'store', '.attestd', 'state', 'draft');
    await rm(draft, { recursive: true });
    await writeFile(draft, '');
    const path = host.slice('unix://'.length);
    const body = '{"Name":"vol"}';
    const create = `POST /volumes/create HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    expect((await raw(path, create, body)).status).to.equal(500);
    expect((await raw(path, 'GET /volumes HTTP/1.1')).status).to.equal(200);
  });

  it('refuses to replace a file that is no socket', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'precious');
    expect(await codeOf(start({ listen: [`unix://${path}`] }))).to.equal('ALREADY_EXISTS');
  });

  it('refuses a port that is taken, and gives the store back', async () => {
    const server = await start({ listen: ['tcp://127.0.0.1:0'] });
    const store = join(folder, 'other');
    expect(await codeOf(start({ listen: [server.hosts[0] as string], store }))).to.equal('ALREADY_EXISTS');
    await start({ store });
  });

  it('ends open connections when it is closed', async () => {
    const path = join(folder, 'a.sock');
    const server = await start({ listen: [`unix://${path}`] });
    const idle = connect(path);
    await new Promise((resolve) => idle.once('connect', resolve));
    const ended = new Promise((resolve) => idle.once('close', resolve));
    await server.close();
    await ended;
  });

  it('speaks TLS on TCP, and demands a certificate where it verifies', async () => {
    const tls = { cert: pem('server.pem'), key: pem('server.key'), ca: pem('ca.pem'), verify: true };
    const server = await start({ listen: ['tcp://127.0.0.1:0'], tls });
    const port = Number((server.hosts[0] as string).split(':').at(-1));
    const ping = (extra: object) =>
      new Promise<number>((resolve, reject) => {
        const options = { host: '127.0.0.1', port, path: '/_ping', ca: pem('ca.pem'), agent: false, ...extra };
        const request = httpsRequest(options, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        request.once('error', reject);
        request.end();
      });
    expect(await ping({ cert: pem('client.pem'), key: pem('client.key') })).to.equal(200);
    const refused = await ping({}).catch((error: Error) => error);
    expect(refused).to.be.instanceOf(Error);
  });
});

describe('the first bytes of a connection', () => {
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
  const taken: Record<'http1' | 'http2', string[]> = { http1: [], http2: [] };
  const taker = (name: 'http1' | 'http2') => (socket: Socket) => {
    socket.on('data', (piece: Buffer) => taken[name].push(piece.toString('latin1')));
    socket.on('end', () => socket.end('bye'));
  };
  let path: string;
  let close: () => Promise<void>;
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'attestd-test-'));
    path = join(folder, 'x.sock');
    const listener = await listen({ kind: 'unix', path }, { http1: taker('http1'), http2: taker('http2') });
    close = async () => {
      await listener.close();
      await rm(folder, { recursive: true });
    };
  });
  after(() => close());
  beforeEach(() => {
    taken.http1 = [];
    taken.http2 = [];
  });

  const send = async (...pieces: string[]): Promise<void> => {
    const socket = connect(path);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    for (const piece of pieces) {
      socket.write(piece, 'latin1');
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    socket.end();
    await closed;
  };

  it('give the HTTP/2 preface to one handler, whole or in pieces', async () => {
    await send(`${preface}settings`);
    expect(taken.http2.join('')).to.equal(`${preface}settings`);
    taken.http2 = [];
    await send('P', 'RI * HT', `${preface.slice(8)}settings`);
    expect(taken.http2.join('')).to.equal(`${preface}settings`);
    expect(taken.http1).to.deep.equal([]);
  });

  it('give anything else to the other, with nothing lost', async () => {
    await send('P', 'OST / HTTP/1.1\r\n', '\r\n');
    expect(taken.http1.join('')).to.equal('POST / HTTP/1.1\r\n\r\n');
    await send('PRI * HTTP/1.1\r\n\r\n');
    expect(taken.http2).to.deep.equal([]);
  });

  it('let a connection go that ends before it has said anything', async () => {
    await send();
    expect(taken).to.deep.equal({ http1: [], http2: [] });
  });

  it('let a connection go whose TLS handshake does not end', async () => {
    const tls = { cert: pem('server.pem'), key: pem('server.key') };
    const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
    const listener = await listen(address, {
      http1: () => undefined,
      http2: () => undefined,
      tls,
      firstBytesTimeout: 50,
    });
    const { address: bound } = listener;
    try {
      for (const hello of ['', '\x16\x03\x01\x02\x00']) {
        const socket = connect(bound.kind === 'tcp' ? bound.port : 0, '127.0.0.1').on('error', () => undefined);
        socket.write(hello, 'latin1');
        await once(socket.resume(), 'close');
      }
    } finally {
      await listener.close();
    }
  });
});
