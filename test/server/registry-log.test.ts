import { request } from 'node:http';
import { expect } from 'chai';
import { startServer } from '../../src/server/index.js';
import { FakeRegistry, refuse, send } from '../support/registry-client/fake-registry.js';

const password = 'p4ssw0rd-of-the-user';
const identity = 'identity-token-of-the-user';
const own = 'registry-token-of-the-user';
const given = 'token-given-by-the-server';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Runs something and resolves with what it wrote to standard error. */
async function logged(act: () => Promise<void>): Promise<string> {
  const write = process.stderr.write;
  let text = '';
  process.stderr.write = ((chunk: string | Uint8Array) => {
    text += Buffer.from(chunk).toString();
    return true;
  }) as typeof process.stderr.write;
  try {
    await act();
  } finally {
    process.stderr.write = write;
  }
  return text;
}

/** A request to the server; resolves with all that it said. */
function ask(socketPath: string, method: string, path: string, headers: object, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path: `/v1.55${path}`, headers: { ...headers, 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.on('data', (piece: Buffer) => (text += piece.toString()));
        response.on('end', () => resolve(text));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

describe('Credentials for registries', () => {
  let fake: FakeRegistry;
  beforeEach(async () => {
    fake = await FakeRegistry.start();
  });
  afterEach(() => fake.stop());

  /** Lets in who has the right token, and gives it to who has a secret, or to nobody. */
  function lock(scheme: 'basic' | 'bearer', generous: boolean): void {
    fake.fault = (seen, response) => {
      const { method, path, headers } = seen;
      if (path === '/token') {
        const answer = { token: given, refresh_token: identity, details: `no ${password}` };
        return send(response, method, generous ? 200 : 401, JSON.stringify(generous ? answer : { details: 'no' }));
      }
      const known = [`Bearer ${given}`, `Bearer ${own}`, `Basic ${base64(`user:${password}`)}`];
      if (generous && known.includes(headers.authorization ?? '')) return false;
      const realm = scheme === 'basic' ? 'Basic realm="x"' : `Bearer realm="http://${fake.host}/token",service="x"`;
      return refuse(response, method, 401, 'UNAUTHORIZED', { 'www-authenticate': realm });
    };
  }

  it('are in no log at any level, and in no answer', async () => {
    const said: string[] = [];
    const stderr = await logged(async () => {
      const server = await startServer({ logLevel: 'debug', platform: 'linux/amd64' });
      const socket = (server.hosts[0] as string).replace('unix://', '');
      const name = `${fake.host}/a/b`;
      try {
        await ask(socket, 'POST', `/images/hello:signed/tag?repo=${name}&tag=signed`, {});
        for (const secrets of [{ username: 'user', password }, { identitytoken: identity }, { registrytoken: own }]) {
          const config = { ...secrets, serveraddress: fake.host };
          const auth = { 'X-Registry-Auth': base64(JSON.stringify(config)).replace(/\+/g, '-').replace(/\//g, '_') };
          const configs = { 'X-Registry-Config': base64(JSON.stringify({ [fake.host]: config })) };
          for (const scheme of ['basic', 'bearer'] as const)
            for (const generous of [true, false]) {
              lock(scheme, generous);
              said.push(
                await ask(socket, 'POST', `/images/create?fromImage=${name}&tag=1`, auth),
                await ask(socket, 'POST', `/images/${name}/push?tag=signed`, auth),
                await ask(socket, 'GET', `/distribution/${name}:1/json`, auth),
                await ask(socket, 'POST', `/build?remote=http://${fake.host}/none`, configs),
                await ask(socket, 'GET', `/images/search?term=${name}`, auth),
              );
              const answer = await ask(socket, 'POST', '/auth', {}, config);
              // The identity token that the registry gave is what a login is for.
              said.push(answer.replace(`"IdentityToken":"${identity}"`, ''));
            }
        }
      } finally {
        await server.close();
      }
    });
    expect(stderr).to.contain(`HEAD http://${fake.host}/v2/a/b/manifests/1`);
    expect(fake.seen.some(({ headers }) => headers.authorization === `Basic ${base64(`user:${password}`)}`)).to.equal(
      true,
    );
    const secrets = [password, identity, own, given].flatMap((secret) => [
      secret,
      base64(secret).slice(0, 16),
      base64(`user:${secret}`).slice(0, 16),
    ]);
    for (const secret of secrets) {
      expect(stderr).not.to.contain(secret);
      expect(said.join('\n')).not.to.contain(secret);
    }
  });
});
