import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** The end of a body without a length, which is all of such a body that clients send with an upgrade. */
const lastChunk = '0\r\n\r\n';

/**
 * Give a request its body back: Node takes everything after the head of a request that asks for an upgrade for the other
 * protocol's. What follows the body stays on the connection.
 *
 * @param socket with all bytes after the head
 */
export function withBody(request: IncomingMessage, socket: Socket): IncomingMessage {
  // A version of Node that reads the body itself has not seen its end yet, or holds it.
  if (!request.complete || request.readableLength > 0) return request;
  const { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  const whole = new IncomingMessage(socket);
  Object.assign(whole, { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor });
  let left = Number(headers['content-length'] ?? 0);
  if (headers['transfer-encoding'] !== undefined) skipLastChunk(socket);
  const finish = (): void => {
    socket.off('readable', pump);
    socket.off('close', lose);
    whole.complete = true;
    whole.push(null);
  };
  const lose = (): void => {
    whole.destroy();
  };
  const pump = (): void => {
    while (left > 0) {
      const piece = socket.read(Math.min(left, socket.readableLength)) as Buffer | null;
      if (piece === null) break;
      left -= piece.length;
      whole.push(piece);
    }
    if (left === 0) finish();
    else if (socket.readableEnded) lose();
  };
  let begun = false;
  whole._read = () => {
    if (begun) return;
    begun = true;
    socket.on('readable', pump);
    socket.once('close', lose);
    pump();
  };
  return whole;
}

function skipLastChunk(socket: Socket): void {
  const start = socket.read() as Buffer | null;
  if (start === null) return;
  const rest =
    start.subarray(0, lastChunk.length).toString('latin1') === lastChunk ? start.subarray(lastChunk.length) : start;
  if (rest.length > 0) socket.unshift(rest);
}
