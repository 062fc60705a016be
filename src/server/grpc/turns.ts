import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';

/** Streams of a connection that are begun in one turn of the event loop. */
const perTurn = 4;
/**
 * Streams that a client may have taken back before their turn came, beyond those that it let be answered. At twice as many
 * nghttp2 gives a connection up by itself, and then neither reads nor ends it.
 */
const mostTakenBack = 500;

interface Waiting {
  readonly stream: ServerHttp2Stream;
  readonly begin: () => void;
}

/** The streams of a connection that wait for their turn. */
interface Line {
  readonly waiting: Waiting[];
  takenBack: number;
}

/**
 * Lets the streams of a connection begin a few at a time, so that a connection that opens very many does not keep all
 * others waiting. Streams that their client has reset before their turn cost nothing more, and a client that does so
 * again and again loses its connection, as with Go's server (ENHANCE_YOUR_CALM).
 */
export class StreamTurns {
  /** Connections that began a stream in this turn of the event loop. */
  readonly #lines = new WeakMap<Http2Session, Line>();
  readonly #busy = new WeakSet<Http2Session>();

  /** Begin a stream now, or when its turn comes. */
  take(session: Http2Session, stream: ServerHttp2Stream, begin: () => void): void {
    const line = this.#lines.get(session) ?? { waiting: [], takenBack: 0 };
    this.#lines.set(session, line);
    if (this.#busy.has(session)) {
      line.waiting.push({ stream, begin });
      return;
    }
    this.#busy.add(session);
    setImmediate(() => this.#go(session, line));
    begin();
  }

  #go(session: Http2Session, line: Line): void {
    let begun = 0;
    let next = 0;
    for (; next < line.waiting.length && begun < perTurn; next++) {
      const { stream, begin } = line.waiting[next] as Waiting;
      if (stream.destroyed || stream.closed) {
        line.takenBack++;
        continue;
      }
      line.takenBack = Math.max(0, line.takenBack - 1);
      begun++;
      begin();
    }
    line.waiting.splice(0, next);
    if (line.takenBack > mostTakenBack && !session.destroyed) {
      line.waiting.length = 0;
      // Without an error the code would not be sent.
      session.destroy(new Error('too many streams are taken back'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
    if (line.waiting.length > 0 || begun > 0) setImmediate(() => this.#go(session, line));
    else this.#busy.delete(session);
  }
}
