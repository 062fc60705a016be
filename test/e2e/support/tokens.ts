import { randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const tls = (name: string): string => fileURLToPath(new URL(`../../server/tls/${name}`, import.meta.url));

/** What a registry that takes tokens is told of the server that gives them. */
export interface TokenServer {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly rootcertbundle: string;
  /** Requests as `METHOD scope scope`, with who asked. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/**
 * A server that gives tokens (distribution, "Token Authentication Specification" and "OAuth2 token authentication"): to `user`
 * with the password `secret`, who may do anything, and to nobody else.
 */
export async function startTokenServer(): Promise<TokenServer> {
  const asked: string[] = [];
  const service = 'test registry';
  const issuer = 'test tokens';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const { method = '', headers, url = '' } = request;
      const form = method === 'POST' ? new URLSearchParams(body) : new URL(url, 'http://x').searchParams;
      const basic = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
      const who = method === 'POST' ? `${form.get('username')}:${form.get('password')}` : basic;
      const scopes = form.getAll('scope').flatMap((scope) => scope.split(' '));
      asked.push([method, who.replace(/:.*/, ''), ...scopes].join(' '));
      const known = who === 'user:secret';
      response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
      const token = known && tokenFor(scopes, { iss: issuer, aud: form.get('service') ?? '', sub: 'user' });
      response.end(JSON.stringify(known ? { token, access_token: token, expires_in: 300 } : { details: 'no' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    service,
    issuer,
    rootcertbundle: tls('ca.pem'),
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A JSON Web Token (RFC 7519), signed by the certificate of test/server/tls, for all that is asked. */
function tokenFor(scopes: readonly string[], claims: { iss: string; aud: string; sub: string }): string {
  const access = scopes
    .filter((scope) => scope !== '')
    .map((scope) => {
      const [type = '', ...rest] = scope.split(':');
      return { type, name: rest.slice(0, -1).join(':'), actions: (rest.at(-1) ?? '').split(',') };
    });
  const now = Math.floor(Date.now() / 1000);
  const x5c = [new X509Certificate(readFileSync(tls('server.pem'))).raw.toString('base64')];
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { ...claims, exp: now + 300, nbf: now - 10, iat: now, jti: randomUUID(), access };
  const text = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(payload)}`;
  const key = { key: readFileSync(tls('server.key')), dsaEncoding: 'ieee-p1363' } as const;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}
