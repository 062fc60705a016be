import { createReadStream } from 'node:fs';
import http2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Client, type ClientOptions, credentials } from '@grpc/grpc-js';
import { extract } from 'tar-stream';
import { createContext } from '../../../src/engine/engine.js';
import { openLayout } from '../../../src/oci/layout.js';
import type { LayoutStore } from '../../../src/oci/layout-store.js';
import { temporaryFolder } from '../../oci/support/images.js';
import { serveContext, type TestService } from '../support.js';

/** An archive of test/golden/images. */
export const goldenImage = (name: string): URL => new URL(`../../golden/images/${name}.tar`, import.meta.url);

/** Bring the blobs of an image-layout archive in, and name what its index.json lists. */
export async function addArchive(store: LayoutStore, archive: URL, name: string): Promise<void> {
  const reader = extract();
  createReadStream(archive).pipe(reader);
  let index = '';
  for await (const entry of reader) {
    if (entry.header.type === 'file' && entry.header.name.startsWith('blobs/'))
      await store.content.ingest(Readable.from(entry));
    else if (entry.header.name === 'index.json') for await (const chunk of entry) index += String(chunk);
    entry.resume();
  }
  const { manifests } = JSON.parse(index) as { manifests: { mediaType: string; digest: string; size: number }[] };
  for (const { mediaType, digest, size } of manifests) await store.put(name, { mediaType, digest, size });
}

/** A reference server over a store in a temporary folder. */
export async function serveStore(
  fill: (store: LayoutStore) => Promise<void>,
): Promise<TestService & { store: LayoutStore }> {
  const store = await openLayout(await temporaryFolder());
  await fill(store);
  const host = { os: 'linux', architecture: 'amd64' };
  const service = await serveContext(createContext({ store, host, channel: 'standard' }));
  return {
    ...service,
    store,
    close: async () => {
      await service.close();
      await store.close();
    },
  };
}

/** A client of @grpc/grpc-js on a unix socket. */
export function grpcClient(path: string, options: ClientOptions = {}): Client {
  return new Client(`unix://${path}`, credentials.createInsecure(), options);
}

/** What came back on an HTTP/2 stream. */
export interface H2Answer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers?: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Turn a connection into an HTTP/2 one by `POST /grpc`. */
export function upgrade(path: string, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.write(`POST ${target} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`);
    let head = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', take);
      socket.pause();
      socket.unshift(head.subarray(end + 4));
      if (head.toString('latin1', 0, 12) === 'HTTP/1.1 101') resolve(socket);
      else reject(new Error(head.toString('latin1')));
    };
    socket.on('data', take);
  });
}

/** Send one HTTP/2 request with its bytes as they are. */
export function h2Request(
  connection: Socket,
  headers: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): Promise<H2Answer> {
  return new Promise((resolve, reject) => {
    const session = http2.connect('http://docker', { createConnection: () => connection });
    session.on('error', reject);
    const stream = session.request(headers, { endStream: body === undefined });
    let answered: Record<string, unknown> = {};
    let trailers: Record<string, unknown> | undefined;
    const pieces: Buffer[] = [];
    const plain = (raw: object): Record<string, unknown> => Object.fromEntries(Object.entries(raw));
    stream.on('response', (raw) => {
      answered = plain(raw);
    });
    stream.on('trailers', (raw) => {
      trailers = plain(raw);
    });
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve({ headers: answered, ...(trailers && { trailers }), body: Buffer.concat(pieces) });
    });
    if (body !== undefined) stream.end(body);
  });
}
