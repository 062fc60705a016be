import http from 'node:http';
import net from 'node:net';
import type { ImageAccess } from '../../src/client/index.js';
import { type Decision, type GateJudge, policyJudge } from '../../src/gate/index.js';
import { openPolicy } from '../../src/policy/index.js';
import { image } from '../../src/testing/fixtures.js';

/** An image that is attested, one that is not, and one of which only one platform is. */
export const images = {
  good: image('gate/good:1').layer({ '/bin/app': 'x' }).cmd('/bin/app').provenance().sbom(),
  bad: image('gate/bad:1').layer({ '/bin/app': 'y' }).cmd('/bin/app'),
  mixed: image('gate/mixed:1')
    .layer({ '/bin/app': 'z' })
    .cmd('/bin/app')
    .platform('linux/amd64')
    .provenance()
    .platform('linux/386'),
} as const;

/** A policy that allows what has an attestation manifest, without looking into it. */
export const attested = async (access: ImageAccess): Promise<GateJudge> =>
  policyJudge(
    await openPolicy(({ image }) => ({ allow: image.hasProvenance === true, deny_msg: ['it has no attestations'] })),
    access,
  );

/** Decisions as they come. */
export function listAudit(): {
  decisions: Decision[];
  write(decision: Decision): Promise<void>;
  close(): Promise<void>;
} {
  const decisions: Decision[] = [];
  return {
    decisions,
    write: async (decision) => {
      decisions.push(decision);
    },
    close: async () => undefined,
  };
}

/** An answer with its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Send a request to a socket. */
export function send(
  socketPath: string,
  method: string,
  path: string,
  body?: object | string | Buffer,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const type = text === undefined ? {} : { 'Content-Type': 'application/json' };
    const request = http.request({ socketPath, method, path, headers: { ...type, ...headers }, agent: false });
    request.on('response', (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    request.on('upgrade', (incoming, socket) => {
      socket.destroy();
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: '' });
    });
    request.on('error', reject);
    request.end(text);
  });
}

/**
 * Send bytes to a socket and read all that comes back, until the other side ends or says nothing for a while.
 *
 * @param silence milliseconds
 */
export function sendRaw(path: string, bytes: string | Buffer, silence = 400): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ path, allowHalfOpen: true });
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(silence, done);
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
    });
    socket.on('end', done);
    socket.on('error', done);
    socket.write(bytes);
  });
}

/** The status codes of the answers in a connection's text. */
export const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
