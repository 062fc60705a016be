import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of a connection that wait before no more are read from it. */
const mostWaiting = 16;

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** The requests of a connection that came before the answer to an earlier one was through. */
interface Line {
  readonly waiting: [IncomingMessage, ServerResponse][];
  paused: boolean;
}

const staysPaused = function (this: Socket): Socket {
  return this;
};

const pausesAgain = function (this: Socket): void {
  this.emit('pause');
};

/**
 * Read no more from a connection. Node would resume it with each request that it has read to its end, and a resumption
 * that is under way still comes.
 */
function hold(socket: Socket): void {
  socket.pause();
  socket.resume = staysPaused;
  socket.on('resume', pausesAgain);
}

function goOn(socket: Socket): void {
  socket.off('resume', pausesAgain);
  delete (socket as Partial<Socket>).resume;
  // While answers wait to be taken Node reads nothing by itself, and must not be given anything.
  if (socket.writableNeedDrain) socket.once('drain', () => socket.resume());
  else socket.resume();
}

/**
 * Answer the requests of a connection one after the other, as Go does: Node hands all of them over as it reads them, and
 * who sends thousands at once would have them all worked on before anybody else is heard.
 *
 * @param handle answers a request; the next one's turn comes when its response is closed
 */
export function serializePipelined(handle: Handle): Handle {
  const lines = new WeakMap<Socket, Line>();
  const begin = (socket: Socket, line: Line, request: IncomingMessage, response: ServerResponse): void => {
    // Each part that watches an answer hears of its end.
    response.setMaxListeners(24);
    response.once('close', () => {
      // Others first: without it, answers that are there at once would follow one another without a pause.
      if (line.waiting.length > 0) setImmediate(next, socket, line);
      else end(socket, line);
    });
    handle(request, response);
  };
  const next = (socket: Socket, line: Line): void => {
    const [pair] = line.waiting.splice(0, 1);
    if (pair === undefined || socket.destroyed) {
      end(socket, line);
      return;
    }
    // The last one may have a body that is still to be read.
    if (line.waiting.length === 0) release(socket, line);
    begin(socket, line, ...pair);
  };
  const release = (socket: Socket, line: Line): void => {
    if (line.paused) goOn(socket);
    line.paused = false;
  };
  const end = (socket: Socket, line: Line): void => {
    line.waiting.length = 0;
    lines.delete(socket);
    release(socket, line);
  };
  return (request, response) => {
    const { socket } = request;
    const line = lines.get(socket);
    if (line === undefined) {
      const first = { waiting: [], paused: false };
      lines.set(socket, first);
      begin(socket, first, request, response);
      return;
    }
    line.waiting.push([request, response]);
    if (line.waiting.length <= mostWaiting || line.paused) return;
    line.paused = true;
    hold(socket);
  };
}
