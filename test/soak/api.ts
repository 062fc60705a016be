import { Agent, request } from 'node:http';

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Asks a server on a unix socket. */
export class Api {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(readonly socket: string) {}

  /** @throws a system error when the server goes away before it has answered */
  ask(method: string, path: string, body?: Buffer | object): Promise<Answer> {
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          socketPath: this.socket,
          agent: this.#agent,
          method,
          path,
          headers: bytes === undefined ? {} : { 'Content-Type': type, 'Content-Length': bytes.length },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
