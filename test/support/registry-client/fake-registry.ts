import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readTar } from '../../../src/oci/tar.js';

/** A request that the registry got. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers a request in the registry's place; false leaves it to the registry. */
export type Fault = (seen: Seen, response: ServerResponse) => boolean;

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry on loopback that keeps all in memory and can be told to misbehave. */
export class FakeRegistry {
  readonly blobs = new Map<string, Buffer>();
  /** `repository:tag` or `repository@digest` to a manifest's digest and media type. */
  readonly manifests = new Map<string, { digest: string; type: string }>();
  /** Whether a blob is only where it was pushed or mounted to, as `repository digest`. */
  perRepository = false;
  private readonly held = new Set<string>();
  readonly seen: Seen[] = [];
  fault: Fault = () => false;
  private server!: Server;

  private constructor() {}

  static async start(tls?: { cert: string; key: string }): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      registry.answer(request, response).catch((error: Error) => response.destroy(error));
    };
    registry.server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
    await new Promise<void>((resolve) => registry.server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** `127.0.0.1:port`. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Requests as `METHOD path`. */
  get lines(): readonly string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }

  put(bytes: Buffer | string): string {
    const content = Buffer.from(bytes);
    const digest = sha256(content);
    this.blobs.set(digest, content);
    return digest;
  }

  tag(repository: string, tag: string, digest: string, type: string): void {
    this.manifests.set(`${repository}:${tag}`, { digest, type });
    this.manifests.set(`${repository}@${digest}`, { digest, type });
  }

  /** Take in the first image of an archive. */
  async load(archive: string, repository: string, tag = 'latest'): Promise<string> {
    let index: { manifests: { digest: string; mediaType: string }[] } | undefined;
    for await (const entry of readTar(createReadStream(archive))) {
      if (entry.type !== 'file') continue;
      const chunks: Buffer[] = [];
      for await (const chunk of entry.content) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (entry.name === 'index.json') index = JSON.parse(bytes.toString());
      const [, hex] = /^blobs\/sha256\/([0-9a-f]+)$/.exec(entry.name) ?? [];
      if (hex !== undefined) this.blobs.set(`sha256:${hex}`, bytes);
    }
    const [root] = index?.manifests ?? [];
    if (root === undefined) throw new Error(`${archive} has no index.json`);
    this.tag(repository, tag, root.digest, root.mediaType);
    return root.digest;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url ?? '/', 'http://x');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', headers } = request;
    const seen = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.concat(chunks) };
    this.seen.push(seen);
    if (this.fault(seen, response)) return true;
    if (url.pathname === '/v2/') return send(response, method, 200, '{}');
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    if (kind === 'manifests') return this.manifest(seen, response, repository, reference);
    if (kind === 'blobs') return this.blob(seen, response, repository, reference);
    if (kind === 'tags') {
      const tags = [...this.manifests.keys()].filter((key) => key.startsWith(`${repository}:`));
      const names = tags.map((key) => key.slice(repository.length + 1));
      return send(response, method, 200, JSON.stringify({ name: repository, tags: names }));
    }
    return refuse(response, method, 404, 'NOT_FOUND');
  }

  private manifest(seen: Seen, response: ServerResponse, repository: string, reference: string): true {
    const key = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
    if (seen.method === 'PUT') {
      const digest = this.put(seen.body);
      const type = String(seen.headers['content-type']);
      this.manifests.set(`${repository}@${digest}`, { digest, type });
      this.manifests.set(key, { digest, type });
      return send(response, 'PUT', 201, '');
    }
    const known = this.manifests.get(key);
    const digest = known?.digest ?? (reference.includes(':') ? reference : '');
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return refuse(response, seen.method, 404, 'MANIFEST_UNKNOWN');
    const { mediaType } = JSON.parse(bytes.toString()) as { mediaType?: string };
    const type = mediaType ?? known?.type ?? 'application/vnd.oci.image.manifest.v1+json';
    return send(response, seen.method, 200, bytes, { 'content-type': type, 'docker-content-digest': digest });
  }

  private blob(seen: Seen, response: ServerResponse, repository: string, reference: string): true {
    const { method, query, headers, body } = seen;
    if (method === 'POST') {
      const mount = query.get('mount');
      if (mount !== null && this.blobs.has(mount)) {
        this.held.add(`${repository} ${mount}`);
        return send(response, method, 201, '');
      }
      return send(response, method, 202, '', { location: `/v2/${repository}/blobs/uploads/1?state=x` });
    }
    if (method === 'PUT') {
      const digest = query.get('digest') ?? '';
      if (sha256(body) !== digest) return refuse(response, method, 400, 'DIGEST_INVALID');
      this.held.add(`${repository} ${this.put(body)}`);
      return send(response, method, 201, '');
    }
    const hidden = this.perRepository && !this.held.has(`${repository} ${reference}`);
    const bytes = hidden ? undefined : this.blobs.get(reference);
    if (bytes === undefined) return refuse(response, method, 404, 'BLOB_UNKNOWN');
    const [, from] = /^bytes=(\d+)-$/.exec(String(headers.range)) ?? [];
    if (from === undefined) return send(response, method, 200, bytes);
    const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    return send(response, method, 206, bytes.subarray(Number(from)), range);
  }
}

/** Send a whole answer; true, so that a fault can end with it. */
export function send(
  response: ServerResponse,
  method: string,
  status: number,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): true {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-length': bytes.length, 'content-type': 'application/json', ...headers });
  response.end(method === 'HEAD' ? undefined : bytes);
  return true;
}

/** Send an error as registries do. */
export function refuse(
  response: ServerResponse,
  method: string,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): true {
  return send(response, method, status, JSON.stringify({ errors: [{ code, message: 'no' }] }), headers);
}
