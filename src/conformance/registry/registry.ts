import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Repositories } from './store.js';
import { most, Uploads } from './uploads.js';

/** Credentials for the private registry. */
export const credentials = { username: 'suite', password: 'open sesame' } as const;

/** One request that a daemon has sent to the registry. */
export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** A repository that the search of the registry finds. */
export interface Found {
  readonly name: string;
  readonly description: string;
  readonly is_official: boolean;
  readonly is_automated: boolean;
  readonly star_count: number;
}

async function collect(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > most) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * A registry of the suite's own on a free port of the loopback address, plain HTTP: what daemons pull from and push to. It has as much of
 * the OCI distribution specification as they need, and the search of the older API.
 */
export class Registry {
  readonly repositories = new Repositories();
  /** The results of each search, in order, for any term. */
  readonly shelf: Found[] = [];
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();
  readonly #uploads = new Uploads();
  readonly #visits: Visit[] = [];
  readonly #private: boolean;
  #encrypted = false;

  private constructor(isPrivate: boolean) {
    this.#private = isPrivate;
    this.#server = http.createServer((incoming, outgoing) => {
      outgoing.on('error', () => undefined);
      outgoing.on('finish', () => this.#note(incoming, outgoing));
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('clientError', (error: Error & { readonly rawPacket?: Buffer }, socket) => {
      // The first byte of a TLS handshake: the client insists on encryption.
      if (error.rawPacket?.[0] === 0x16) this.#encrypted = true;
      // An answer in plain HTTP lets a daemon know that it may ask again without.
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
  }

  /** @param isPrivate whether a client needs the {@link credentials} */
  static async start(isPrivate = false): Promise<Registry> {
    const registry = new Registry(isPrivate);
    await new Promise<void>((resolve, reject) => {
      registry.#server.once('error', reject);
      registry.#server.listen(0, '127.0.0.1', resolve);
    });
    return registry;
  }

  /** Host and port, the first part of names of its images. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests so far, in the order of their ends. */
  get visits(): readonly Visit[] {
    return this.#visits;
  }

  /** Whether a client has tried TLS, which the registry does not offer. */
  get encrypted(): boolean {
    return this.#encrypted;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #note(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.#visits.push({
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      status: outgoing.statusCode,
    });
  }

  #isWelcome(incoming: IncomingMessage): boolean {
    if (!this.#private) return true;
    const { username, password } = credentials;
    return incoming.headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await collect(incoming);
    const { status, body: text, type, headers } = this.#answer(incoming, body);
    const bytes = Buffer.from(text);
    outgoing.writeHead(status, {
      'Docker-Distribution-Api-Version': 'registry/2.0',
      'Content-Length': bytes.length,
      ...(type === undefined ? {} : { 'Content-Type': type }),
      ...headers,
    });
    // Node leaves the body out of the answer to HEAD.
    outgoing.end(bytes);
  }

  #answer(incoming: IncomingMessage, body: Buffer): Reply {
    if (!this.#isWelcome(incoming))
      return { ...refusal(401, 'UNAUTHORIZED'), headers: { 'WWW-Authenticate': 'Basic realm="suite"' } };
    const url = new URL(incoming.url ?? '/', `http://${this.address}`);
    const path = decodeURIComponent(url.pathname);
    if (path === '/v2/' || path === '/v2') return json({});
    if (path === '/v1/_ping') return json(true);
    if (path === '/v1/search') return this.#search(url);
    // Uploads are matched first: the rest of their path is not a digest.
    const upload = /^\/v2\/(.+)\/blobs\/uploads\/(.*)$/.exec(path);
    if (upload) return this.#upload(incoming.method, url, upload[1] ?? '', upload[2] ?? '', body);
    const [, repository = '', kind = '', rest = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.*)$/.exec(path) ?? [];
    if (kind === 'manifests' && incoming.method === 'PUT')
      return this.#put(repository, rest, incoming.headers['content-type'] ?? '', body);
    if (!['GET', 'HEAD'].includes(incoming.method ?? '')) return refusal(405, 'UNSUPPORTED');
    if (kind === 'manifests') return this.#manifest(repository, rest);
    if (kind === 'blobs') return this.#blob(rest);
    if (kind === 'tags') return this.#tags(repository);
    return refusal(404, 'UNSUPPORTED');
  }

  #search(url: URL): Reply {
    const results = this.shelf.slice(0, Number(url.searchParams.get('n') ?? '25'));
    return json({ query: url.searchParams.get('q') ?? '', num_results: results.length, results });
  }

  #tags(repository: string): Reply {
    const tags = this.repositories.tags(repository);
    return tags.length === 0 ? refusal(404, 'NAME_UNKNOWN') : json({ name: repository, tags });
  }

  #put(repository: string, reference: string, type: string, body: Buffer): Reply {
    const stored = this.repositories.put(repository, reference, type, body);
    if (!stored) return refusal(400, 'DIGEST_INVALID');
    const { digest } = stored;
    return {
      status: 201,
      body: '',
      headers: { 'Docker-Content-Digest': digest, Location: `/v2/${repository}/manifests/${digest}` },
    };
  }

  #manifest(repository: string, reference: string): Reply {
    const stored = this.repositories.manifest(repository, reference);
    if (!stored) return refusal(404, 'MANIFEST_UNKNOWN');
    const { bytes, mediaType, digest } = stored;
    return { status: 200, body: bytes, type: mediaType, headers: { 'Docker-Content-Digest': digest } };
  }

  #blob(digest: string): Reply {
    const bytes = this.repositories.blob(digest);
    if (!bytes) return refusal(404, 'BLOB_UNKNOWN');
    const headers = { 'Docker-Content-Digest': digest };
    return { status: 200, body: bytes, type: 'application/octet-stream', headers };
  }

  #upload(method: string | undefined, url: URL, repository: string, session: string, body: Buffer): Reply {
    const id = method === 'POST' ? this.#uploads.begin() : session;
    const total = this.#uploads.append(id, body);
    if (total === undefined) return refusal(404, 'BLOB_UPLOAD_UNKNOWN');
    const digest = url.searchParams.get('digest');
    if (digest === null) {
      const Location = `/v2/${repository}/blobs/uploads/${id}`;
      return { status: 202, body: '', headers: { Location, Range: `0-${Math.max(total - 1, 0)}` } };
    }
    const bytes = this.#uploads.finish(id, digest);
    if (!bytes) return refusal(400, 'DIGEST_INVALID');
    this.repositories.keep(digest, bytes);
    const headers = { 'Docker-Content-Digest': digest, Location: `/v2/${repository}/blobs/${digest}` };
    return { status: 201, body: '', headers };
  }
}

/** An answer of the registry. */
interface Reply {
  readonly status: number;
  readonly body: string | Buffer;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function json(value: unknown): Reply {
  return { status: 200, body: JSON.stringify(value), type: 'application/json' };
}

function refusal(status: number, code: string): Reply {
  return { ...json({ errors: [{ code, message: code.toLowerCase() }] }), status };
}
