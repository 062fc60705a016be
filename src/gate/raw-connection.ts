/** Connections that are read with buffers used again: Node's own reads take 64 KiB of new memory each, which costs more than the copy. */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Bytes of a buffer at first, and at most. It grows where reads fill it, so that quiet connections stay small. */
const smallest = 16 * 1024;
const largest = 256 * 1024;

/** What Node's `net.Server` itself hands to the sockets that it makes; not part of the documented interface. */
interface Handle {
  readonly readStart: () => unknown;
  readonly useUserBuffer: (buffer: Uint8Array) => unknown;
}
type WithHandle = Socket & { _handle: Handle | null };

function handleOf(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as WithHandle;
  const plain = !('encrypted' in socket) && socket.writableLength === 0 && !socket.connecting && !socket.destroyed;
  if (!plain || typeof handle?.readStart !== 'function' || typeof handle.useUserBuffer !== 'function') return undefined;
  return handle;
}

/**
 * Gets bytes, which are its own until it returns.
 *
 * @returns false when it wants no more before `resume`, and keeps these until then
 */
export type Take = (bytes: Buffer) => boolean;

/** A connection whose bytes go to one taker at a time. */
export class RawConnection {
  /** What is written to, and ended. */
  readonly socket: Socket;
  #take: Take = () => false;
  #early: Buffer;

  private constructor(early: Buffer, make: (wide: RawConnection) => Socket) {
    this.#early = early;
    this.socket = make(this);
  }

  /**
   * Connect.
   *
   * @param connect makes a connection that is read so
   */
  static connect(connect: (onread: OnReadOpts) => Socket): RawConnection {
    return new RawConnection(Buffer.alloc(0), (wide) => connect(wide.#onRead()));
  }

  /**
   * Take a connection over from whatever read it. Where Node lets nobody have it, it is read as usual.
   *
   * @param given is destroyed with this one, and this one with it
   * @param early what was read of it already
   */
  static over(given: Socket, early: Buffer = Buffer.alloc(0)): RawConnection {
    given.pause();
    const pieces = [early];
    for (let piece: Buffer | null = given.read(); piece !== null; piece = given.read()) pieces.push(piece);
    const handle = given.readableEnded ? undefined : handleOf(given);
    return new RawConnection(Buffer.concat(pieces), (wide) =>
      handle === undefined ? wide.#usual(given) : wide.#inPlaceOf(given, handle),
    );
  }

  /** Read on, to a taker. */
  start(take: Take): void {
    this.#take = take;
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length === 0 || take(early)) this.socket.resume();
  }

  /** Give bytes back, for the next taker. */
  unread(bytes: Buffer): void {
    this.#early = bytes;
  }

  /** Go on after the taker wanted no more. */
  resume(): void {
    this.socket.resume();
  }

  #onRead(): OnReadOpts {
    let buffer = Buffer.allocUnsafeSlow(smallest);
    let full = false;
    return {
      buffer: () => {
        if (full && buffer.length < largest) buffer = Buffer.allocUnsafeSlow(buffer.length * 4);
        return buffer;
      },
      callback: (length) => {
        full = length === buffer.length;
        return this.#take(buffer.subarray(0, length));
      },
    };
  }

  #usual(given: Socket): Socket {
    given.removeAllListeners('data');
    given.on('data', (piece: Buffer) => {
      if (!this.#take(piece)) given.pause();
    });
    return given.pause();
  }

  #inPlaceOf(given: Socket, handle: Handle): Socket {
    (given as WithHandle)._handle = null;
    const options: SocketConstructorOpts & { handle: Handle; pauseOnCreate: boolean; onread: OnReadOpts } = {
      handle,
      pauseOnCreate: true,
      allowHalfOpen: true,
      onread: this.#onRead(),
    };
    const socket = new Socket(options);
    socket.once('close', () => given.destroy());
    given.once('close', () => socket.destroy());
    return socket;
  }
}

/**
 * Carry what comes from one connection to another, as fast as that takes it.
 *
 * @param end what becomes of the other's side at the end; it is closed without it
 * @param look cuts off what is not to be carried; nothing without it
 */
export function carry(
  from: RawConnection,
  to: Socket,
  end: () => void = () => to.end(),
  look: (bytes: Buffer) => Buffer = (bytes) => bytes,
): void {
  let waits = false;
  const written = (): void => {
    if (!waits || to.writableLength > 0) return;
    waits = false;
    from.resume();
  };
  from.socket.once('end', end);
  from.start((bytes) => {
    const wanted = look(bytes);
    if (to.destroyed) return false;
    if (wanted.length === 0) return true;
    to.write(wanted, written);
    waits = to.writableLength > 0;
    return !waits;
  });
}
