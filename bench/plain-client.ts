/**
 * A client of HTTP/1.1 that takes as little of the machine as it can: a file goes out of two places that are used in turn, and what comes
 * is read into one place and forgotten. Node's own client takes longer than the server that it is to measure.
 */
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

const piece = 1 << 20;

/** A connection, and a promise for how many bytes have come once the server ends it. @throws for another status than 200 */
function dial(socketPath: string): { readonly socket: Socket; readonly ended: Promise<number> } {
  let bytes = 0;
  let head = '';
  const buffer = Buffer.allocUnsafeSlow(piece);
  const callback = (length: number): boolean => {
    if (head === '') head = buffer.toString('latin1', 0, Math.min(length, 64));
    bytes += length;
    return true;
  };
  const socket = connect({ path: socketPath, onread: { buffer, callback } });
  const ended = new Promise<number>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('end', () => socket.end());
    socket.once('close', () => {
      if (head.startsWith('HTTP/1.1 200 ')) resolve(bytes);
      else reject(new Error(`answered: ${head}`));
    });
  });
  return { socket, ended };
}

const headOf = (method: string, path: string, more = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n${more}\r\n`;

/** Ask for something and forget it as it comes. @returns bytes of the answer with its head */
export async function receive(socketPath: string, path: string): Promise<number> {
  const { socket, ended } = dial(socketPath);
  socket.write(headOf('GET', path));
  return ended;
}

/** Post a file. */
export async function send(socketPath: string, path: string, from: string): Promise<void> {
  const file = await open(from);
  try {
    const { size } = await file.stat();
    const { socket, ended } = dial(socketPath);
    // Whoever is refused is told while it sends.
    ended.catch(() => undefined);
    socket.write(headOf('POST', path, `Content-Length: ${size}\r\n`));
    let [next, last] = [Buffer.allocUnsafeSlow(piece), Buffer.allocUnsafeSlow(piece)];
    let sent: Promise<unknown> = Promise.resolve();
    for (let at = 0; at < size && !socket.destroyed; ) {
      const { bytesRead } = await file.read(next, 0, piece, at);
      if (bytesRead === 0) throw new Error(`${from} ended early`);
      at += bytesRead;
      await sent;
      const bytes = next.subarray(0, bytesRead);
      sent = new Promise((resolve) => socket.write(bytes, resolve));
      [next, last] = [last, next];
    }
    await ended;
  } finally {
    await file.close();
  }
}
