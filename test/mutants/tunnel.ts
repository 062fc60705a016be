import type net from 'node:net';
import { Asked, type Mutant } from './mutant.js';

const takers = /^(?:POST|GET) \/(?:v[\d.]+\/)?(?:containers\/[^/ ?]+\/attach(?:\/ws)?|exec\/[^/ ?]+\/start)[? ]/;

/** Whether the first bytes of a connection ask for it to be taken over; an exec that is detached is a plain request. */
export function takesOver(first: Buffer): boolean {
  const text = first.toString('latin1');
  return takers.test(text) && !/"Detach":true/.test(text);
}

/** Splits bytes into a head and the rest; undefined while the head is incomplete. */
function headOf(bytes: Buffer): readonly [head: string, rest: Buffer] | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? undefined : [bytes.toString('latin1', 0, end), bytes.subarray(end + 4)];
}

/** A connection that is forwarded after its head, with the mutant's changes. */
export class Tunnel {
  readonly #client: net.Socket;
  readonly #daemon: net.Socket;
  readonly #mutant: Mutant | undefined;
  #asked = new Asked('GET', '/');
  #request: Buffer | undefined = Buffer.alloc(0);
  #head: Buffer | undefined = Buffer.alloc(0);
  #body = 0;

  constructor(client: net.Socket, daemon: net.Socket, mutant: Mutant | undefined) {
    this.#client = client;
    this.#daemon = daemon;
    this.#mutant = mutant;
    client.on('close', () => daemon.destroy());
    daemon.on('error', () => client.destroy());
    daemon.on('close', () => client.end());
    client.on('data', (bytes: Buffer) => this.#fromClient(bytes));
    client.on('end', () => {
      if (!mutant?.input || mutant.input(this.#asked, 'end') !== undefined) daemon.end();
    });
    daemon.on('data', (bytes: Buffer) => this.#fromDaemon(bytes));
    daemon.on('end', () => client.end());
  }

  #fromClient(bytes: Buffer): void {
    if (this.#request === undefined) {
      this.#input(bytes);
      return;
    }
    this.#request = Buffer.concat([this.#request, bytes]);
    const whole = headOf(this.#request);
    if (whole === undefined) return;
    const [head, rest] = whole;
    this.#request = undefined;
    const [first = '', ...lines] = head.split('\r\n');
    const [method = '', path = '', protocol = ''] = first.split(' ');
    this.#asked = new Asked(method, path);
    const changed = this.#mutant?.before?.(this.#asked);
    const to = changed instanceof Asked ? changed.path : path;
    this.#body = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    this.#daemon.write(`${[`${method} ${to} ${protocol}`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
    if (rest.length > 0) this.#input(rest);
  }

  #input(bytes: Buffer): void {
    const body = bytes.subarray(0, this.#body);
    this.#body -= body.length;
    if (body.length > 0) this.#daemon.write(body);
    const typed = bytes.subarray(body.length);
    if (typed.length === 0) return;
    const sent = this.#mutant?.input ? this.#mutant.input(this.#asked, typed) : typed;
    if (sent) this.#daemon.write(sent);
  }

  #fromDaemon(bytes: Buffer): void {
    const edit = this.#mutant?.bytes;
    if (this.#head === undefined) {
      this.#client.write(edit ? edit(this.#asked, bytes) : bytes);
      return;
    }
    this.#head = Buffer.concat([this.#head, bytes]);
    const whole = headOf(this.#head);
    if (whole === undefined) return;
    const [head, rest] = whole;
    this.#head = undefined;
    this.#client.write(`${this.#mutant?.head?.(this.#asked, head) ?? head}\r\n\r\n`, 'latin1');
    if (rest.length > 0) this.#client.write(edit ? edit(this.#asked, rest) : rest);
  }
}
