import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { carry, RawConnection } from '../../src/gate/raw-connection.js';
import { privateSocket } from '../../src/server/address.js';

const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('wide connections', () => {
  let server: net.Server;
  let path: string;
  let remove: () => Promise<void>;
  const open: net.Socket[] = [];

  before(async () => {
    const { address, remove: drop } = await privateSocket();
    path = address.kind === 'unix' ? address.path : '';
    remove = drop;
    server = net.createServer({ allowHalfOpen: true }).listen(path);
    await once(server, 'listening');
  });
  after(async () => {
    server.close();
    await remove();
  });
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });

  /** Both ends of a connection. */
  async function pair(): Promise<[near: net.Socket, far: net.Socket]> {
    const near = net.connect({ path, allowHalfOpen: true });
    const [far] = (await once(server, 'connection')) as [net.Socket];
    open.push(near, far);
    return [near, far];
  }

  it('are taken from Node, so that their buffers are used again', async () => {
    const [, far] = await pair();
    expect(RawConnection.over(far).socket).not.to.equal(far);
  });

  it('end with the socket that they were taken from, and it with them', async () => {
    for (const which of ['given', 'taken'] as const) {
      const [, far] = await pair();
      const { socket } = RawConnection.over(far);
      const closed = once(which === 'given' ? socket : far, 'close');
      (which === 'given' ? far : socket).destroy();
      await closed;
    }
  });

  it('are read as usual where their connection cannot be had', async () => {
    const [near, far] = await pair();
    Object.assign(far, { encrypted: true });
    const wide = RawConnection.over(far);
    expect(wide.socket).to.equal(far);
    near.write('hello');
    const got = await new Promise<string>((resolve) => {
      wide.start((bytes) => {
        resolve(bytes.toString());
        return true;
      });
    });
    expect(got).to.equal('hello');
  });

  for (const where of ['taken', 'read as usual'] as const)
    it(`carry every byte once, in order, both ways at once, to slow readers (${where})`, async () => {
      const [left, leftFar] = await pair();
      const [right, rightFar] = await pair();
      const before = [randomBytes(100_000), randomBytes(70_000)] as const;
      left.write(before[0]);
      await sleep(20);
      if (where !== 'taken') for (const far of [leftFar, rightFar]) Object.assign(far, { encrypted: true });
      const a = RawConnection.over(leftFar, before[1]);
      const b = RawConnection.over(rightFar);
      carry(a, b.socket);
      carry(b, a.socket);
      const data = [randomBytes(3_000_000), randomBytes(2_000_000)] as const;
      const read = async (socket: net.Socket): Promise<string> => {
        const pieces: Buffer[] = [];
        for await (const piece of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          pieces.push(piece);
          if (pieces.length % 10 === 0) await sleep(2);
        }
        return sum(Buffer.concat(pieces));
      };
      const got = Promise.all([read(right), read(left)]);
      left.end(data[0]);
      right.end(data[1]);
      expect(await got).to.deep.equal([sum(Buffer.concat([before[1], before[0], data[0]])), sum(data[1])]);
    });

  it('stop where the other side does not take anything', async () => {
    const [left, leftFar] = await pair();
    const [right, rightFar] = await pair();
    right.pause();
    carry(RawConnection.over(leftFar), RawConnection.over(rightFar).socket);
    const piece = Buffer.alloc(64 * 1024);
    let sent = 0;
    while (sent < 500) {
      left.write(piece);
      sent += 1;
    }
    await sleep(100);
    expect(left.writableLength).to.be.above(400 * piece.length);
  });
});
