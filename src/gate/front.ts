import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { letGo } from '../server/hijack.js';

/** What came with a head of its request's body, for whoever reads the body past the parser. */
interface Offer {
  readonly rest: Buffer;
  taken: boolean;
}

const offers = new WeakMap<Socket, Offer>();

/** Paths of requests that may have a large body. */
const largeBody = /\/(?:archive|load|build|images\/create)$/;
const hasBody = /\r\n(?:content-length|transfer-encoding):/i;
const asksForMore = /\r\nupgrade:/i;
/** Where a line ends by one of the two characters alone, parsers differ over where the head ends. */
const oddLine = /[^\r]\n|\r[^\n]/;
/** Longest head that is looked at. */
const longest = 16 * 1024;

function mayBeLarge(head: string): boolean {
  const [method = '', target = '', version, ...more] = head.slice(0, head.indexOf('\r\n')).split(' ');
  const path = target.split('?', 1)[0] as string;
  return (
    /^(?:PUT|POST)$/.test(method) &&
    largeBody.test(path) &&
    !/\s/.test(target) &&
    version === 'HTTP/1.1' &&
    more.length === 0
  );
}

/** Where the body begins, of bytes that begin with a whole head of such a request; undefined for others. */
function bodyAt(piece: Buffer): number | undefined {
  const first = piece[0];
  if (first !== 0x50) return undefined;
  const end = piece.subarray(0, longest).indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = piece.toString('latin1', 0, end + 2);
  if (!mayBeLarge(head) || !hasBody.test(head) || asksForMore.test(head) || oddLine.test(head)) return undefined;
  return end + 4;
}

/**
 * Hand a connection to an HTTP server, which reads heads and all that is not taken from it by `takeBody`. The parser is given such
 * a request's head alone at first, so that nobody has read any of its body while the request is being answered.
 */
export function serveHeads(server: Server, socket: Socket): void {
  server.emit('connection', socket);
  const [parse] = socket.listeners('data') as ((piece: Buffer) => void)[];
  if (parse === undefined) return;
  const feed = (bytes: Buffer): void => {
    try {
      parse.call(socket, bytes);
    } catch {
      // Node throws where it is given bytes while answers wait for a client that takes none.
      socket.destroy();
    }
  };
  const read = (piece: Buffer): void => {
    const at = bodyAt(piece);
    if (at === undefined) {
      feed(piece);
      return;
    }
    const offer: Offer = { rest: piece.subarray(at), taken: false };
    offers.set(socket, offer);
    feed(piece.subarray(0, at));
    offers.delete(socket);
    if (offer.taken || offer.rest.length === 0 || socket.destroyed) return;
    if (socket.isPaused()) socket.unshift(offer.rest);
    else feed(offer.rest);
  };
  socket.off('data', parse);
  // Node takes its listener away from connections that are upgraded, and finds it by this, as it does one of `once`.
  socket.on('data', Object.assign(read, { listener: parse }));
}

/**
 * Take the connection of a request away from the parser, before any of the request's body was read; to be called while the request
 * is handed over.
 *
 * @returns what has come of the body; undefined when the parser has it already
 */
export function takeBody({ socket }: IncomingMessage): Buffer | undefined {
  const offer = offers.get(socket);
  if (offer === undefined || offer.taken) return undefined;
  offer.taken = true;
  letGo(socket);
  return offer.rest;
}
