import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { Descriptor } from '../../../src/oci/descriptor.js';
import { parseReference } from '../../../src/oci/reference.js';
import { AttestdError, type ErrorCode } from '../../../src/support/foundation/errors.js';
import { Registry } from '../../../src/support/registry-client/registry.js';
import type { Repository } from '../../../src/support/registry-client/repository.js';
import type { Credentials } from '../../../src/support/registry-client/types.js';
import { FakeRegistry, type Fault, refuse, send } from './fake-registry.js';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

let fake: FakeRegistry;
let registry: Registry;
let log: string[];
beforeEach(async () => {
  fake = await FakeRegistry.start();
  log = [];
  registry = new Registry({ debug: (line) => log.push(line) });
});
afterEach(async () => {
  await registry.close();
  await fake.stop();
});

const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, layers: [] }));

function open(credentials: Credentials = {}, name = 'a/b:latest', signal?: AbortSignal): Promise<Repository> {
  return registry.repository(parseReference(`${fake.host}/${name}`), { credentials, signal });
}

function offer(): string {
  const digest = fake.put(manifest);
  fake.tag('a/b', 'latest', digest, manifestType);
  return digest;
}

async function blob(content: Buffer): Promise<{ descriptor: Descriptor; read: () => Promise<Buffer> }> {
  const descriptor = { mediaType: layerType, digest: fake.put(content), size: content.length };
  const repository = await open();
  const read = async (): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of repository.fetch(descriptor)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return { descriptor, read };
}

async function codeOf(act: () => Promise<unknown>): Promise<ErrorCode> {
  try {
    await act();
  } catch (error) {
    expect(error).to.be.instanceOf(AttestdError);
    return (error as AttestdError).code;
  }
  throw new Error('expected an error');
}

describe('Resolving a reference', () => {
  it('asks once, by HEAD, in plain HTTP where loopback does not speak TLS', async () => {
    const digest = offer();
    const found = await (await open()).resolve();
    expect(found).to.deep.equal({ mediaType: manifestType, digest, size: manifest.length });
    expect(fake.lines).to.deep.equal(['HEAD /v2/a/b/manifests/latest']);
  });

  it('reads the manifest where the registry gives no digest', async () => {
    const digest = offer();
    fake.fault = ({ method, path }, response) => {
      if (!path.endsWith('/manifests/latest')) return false;
      send(response, method, 200, manifest, { 'content-type': manifestType });
      return true;
    };
    expect((await (await open()).resolve()).digest).to.equal(digest);
    expect(fake.lines).to.deep.equal(['HEAD /v2/a/b/manifests/latest', 'GET /v2/a/b/manifests/latest']);
  });

  it('asks by GET where the registry knows no HEAD', async () => {
    const digest = offer();
    fake.fault = ({ method }, response) => {
      if (method === 'HEAD') send(response, method, 405, '');
      return method === 'HEAD';
    };
    expect((await (await open()).resolve()).digest).to.equal(digest);
  });

  const lies: readonly (readonly [name: string, fault: Fault, code: ErrorCode, requests: number])[] = [
    ['has nothing', (seen, response) => refuse(response, seen.method, 404, 'NAME_UNKNOWN'), 'NOT_FOUND', 1],
    ['fails', (seen, response) => refuse(response, seen.method, 500, 'UNKNOWN'), 'INTERNAL', 2],
    [
      'is busy for long',
      (seen, response) => refuse(response, seen.method, 429, 'TOOMANYREQUESTS', { 'retry-after': '3600' }),
      'INTERNAL',
      1,
    ],
    [
      'redirects to itself',
      (seen, response) => send(response, seen.method, 307, '', { location: seen.path }),
      'INTERNAL',
      10,
    ],
    [
      'redirects to another scheme',
      (seen, response) => send(response, seen.method, 307, '', { location: 'file:///etc/passwd' }),
      'INTERNAL',
      1,
    ],
    [
      'has a manifest of 1 GiB',
      ({ method }, response) => {
        const headers = { 'docker-content-digest': `sha256:${'0'.repeat(64)}`, 'content-length': String(2 ** 30) };
        response.writeHead(200, headers);
        response.end();
        return method === 'HEAD';
      },
      'NOT_FOUND',
      1,
    ],
    [
      'gives a digest that is none',
      (seen, response) => send(response, seen.method, 200, '', { 'docker-content-digest': 'sha256:x' }),
      'INTERNAL',
      1,
    ],
    ['wants a password', (seen, response) => unauthorized(seen.method, response, 'Basic realm="x"'), 'UNAUTHORIZED', 1],
    ['hangs up', (_, response) => response.destroy().destroyed, 'INTERNAL', 5],
  ];
  for (const [name, fault, code, requests] of lies) {
    it(`fails with ${code} when the registry ${name}`, async () => {
      fake.fault = fault;
      expect(await codeOf(async () => (await open()).resolve())).to.equal(code);
      expect(fake.seen.length).to.equal(requests);
    });
  }

  it('waits as long as a busy registry asks', async () => {
    const digest = offer();
    fake.fault = (seen, response) => {
      if (fake.seen.length > 1) return false;
      refuse(response, seen.method, 429, 'TOOMANYREQUESTS', { 'retry-after': '0' });
      return true;
    };
    expect((await (await open()).resolve()).digest).to.equal(digest);
  });

  it('ends at once when it is aborted', async () => {
    const aborter = new AbortController();
    fake.fault = () => {
      setImmediate(() => aborter.abort());
      return true;
    };
    const repository = await open({}, 'a/b:latest', aborter.signal);
    expect(await codeOf(() => repository.resolve())).to.equal('INTERNAL');
  });
});

function unauthorized(method: string, response: Parameters<typeof send>[0], challenge: string): true {
  return refuse(response, method, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge });
}

describe('Fetching a blob', () => {
  const content = randomBytes(300_000);

  it('goes on where a connection broke', async () => {
    const { read } = await blob(content);
    fake.fault = ({ headers }, response) => {
      if (headers.range !== undefined) return false;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    expect((await read()).equals(content)).to.equal(true);
    expect(fake.seen.at(-1)?.headers.range).to.match(/^bytes=[1-9]\d*-$/);
  });

  it('goes on where a connection broke and the registry sends all again', async () => {
    const { read } = await blob(content);
    fake.fault = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      if (fake.seen.length > 1) response.end(content);
      else response.write(content.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    expect((await read()).equals(content)).to.equal(true);
  });

  it('fails with CORRUPT when it always ends early', async () => {
    const { read } = await blob(content);
    fake.fault = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000), () => response.destroy());
      return true;
    };
    expect(await codeOf(read)).to.equal('CORRUPT');
    expect(fake.seen.length).to.be.below(8);
  });

  it('fails when a part comes that was not asked for', async () => {
    const { read } = await blob(content);
    fake.fault = ({ headers }, response) => {
      if (headers.range !== undefined) {
        send(response, 'GET', 206, content.subarray(5), { 'content-range': `bytes 5-9/${content.length}` });
        return true;
      }
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000), () => response.destroy());
      return true;
    };
    expect(await codeOf(read)).to.equal('INTERNAL');
  });

  it('verifies small ones as a whole', async () => {
    const { descriptor } = await blob(Buffer.from('{}'));
    fake.blobs.set(descriptor.digest, Buffer.from('[]'));
    const repository = await open();
    expect(await codeOf(() => repository.bytes(descriptor))).to.equal('CORRUPT');
    expect(await codeOf(() => repository.bytes({ ...descriptor, size: 2 ** 30 }))).to.equal('CORRUPT');
  });
});

describe('Credentials', () => {
  const user = { username: 'user', password: 'secret' };
  const basic = `Basic ${Buffer.from('user:secret').toString('base64')}`;

  it('are sent only when they are asked for', async () => {
    offer();
    await (await open(user)).resolve();
    expect(fake.seen[0]?.headers.authorization).to.equal(undefined);
  });

  it('answer a basic challenge', async () => {
    offer();
    fake.fault = ({ method, headers }, response) => {
      if (headers.authorization === basic) return false;
      unauthorized(method, response, 'Basic realm="x"');
      return true;
    };
    await (await open(user)).resolve();
    expect(fake.seen.map(({ headers }) => headers.authorization)).to.deep.equal([undefined, basic]);
  });

  it('for another host are not sent', async () => {
    offer();
    fake.fault = ({ method }, response) => unauthorized(method, response, 'Basic realm="x"');
    expect(await codeOf(async () => (await open({ ...user, host: 'https://192.0.2.1/v1/' })).resolve())).to.equal(
      'UNAUTHORIZED',
    );
    expect(fake.seen.length).to.equal(1);
  });

  it('do not follow a redirect to another host', async () => {
    const other = await FakeRegistry.start();
    try {
      const content = Buffer.from('layer');
      const { descriptor } = await blob(content);
      other.fault = (_, response) => send(response, 'GET', 200, content);
      fake.fault = ({ method, headers }, response) => {
        if (headers.authorization !== basic) unauthorized(method, response, 'Basic realm="x"');
        else send(response, method, 307, '', { location: `http://${other.host}/x?signature=y` });
        return true;
      };
      const repository = await open(user);
      for await (const piece of repository.fetch(descriptor)) expect(piece.equals(content)).to.equal(true);
      expect(other.seen.map(({ headers }) => headers.authorization)).to.deep.equal([undefined]);
    } finally {
      await other.stop();
    }
  });

  /** A token server that takes POST or not, and what it was asked. */
  function withTokens(post: boolean): void {
    fake.fault = ({ method, path, headers }, response) => {
      if (path === '/token') {
        if (method === 'POST' && !post) send(response, method, 404, '');
        else
          send(response, method, 200, JSON.stringify({ access_token: 'letmein', token: 'letmein', expires_in: 300 }));
        return true;
      }
      if (headers.authorization === 'Bearer letmein') return false;
      const realm = `Bearer realm="http://${fake.host}/token",service="test",scope="repository:a/b:pull"`;
      unauthorized(method, response, realm);
      return true;
    };
  }

  it('buy a token by POST', async () => {
    offer();
    withTokens(true);
    await (await open(user)).resolve();
    const form = new URLSearchParams(fake.seen.find(({ path }) => path === '/token')?.body.toString());
    expect(Object.fromEntries(form)).to.deep.equal({
      client_id: 'containerd-client',
      grant_type: 'password',
      username: 'user',
      password: 'secret',
      scope: 'repository:a/b:pull',
      service: 'test',
    });
  });

  it('buy a token by GET where the server takes no POST, once for many requests', async () => {
    const digest = offer();
    withTokens(false);
    const repository = await open(user);
    await repository.resolve();
    await repository.bytes({ mediaType: manifestType, digest, size: manifest.length });
    const asked = fake.seen.filter(({ path, method }) => path === '/token' && method === 'GET');
    expect(asked.map(({ headers, query }) => [headers.authorization, query.get('scope')])).to.deep.equal([
      [basic, 'repository:a/b:pull'],
    ]);
  });

  it('that are an identity token refresh the token', async () => {
    offer();
    withTokens(true);
    await (await open({ identityToken: 'refresh' })).resolve();
    const form = new URLSearchParams(fake.seen.find(({ path }) => path === '/token')?.body.toString());
    expect(form.get('grant_type')).to.equal('refresh_token');
    expect(form.get('refresh_token')).to.equal('refresh');
  });

  it('that are a registry token are sent as they are', async () => {
    offer();
    await (await open({ registryToken: 'letmein' })).resolve();
    expect(fake.seen[0]?.headers.authorization).to.equal('Bearer letmein');
  });

  it('are not given away by a token server that redirects', async () => {
    const other = await FakeRegistry.start();
    try {
      fake.fault = ({ method, path }, response) => {
        if (path === '/token') send(response, method, 307, '', { location: `http://${other.host}/steal` });
        else unauthorized(method, response, `Bearer realm="http://${fake.host}/token",service="test"`);
        return true;
      };
      expect(await codeOf(async () => (await open(user)).resolve())).to.equal('INTERNAL');
      expect(other.seen).to.deep.equal([]);
    } finally {
      await other.stop();
    }
  });

  it('are in no error and in no log', async () => {
    fake.fault = ({ method, path }, response) => {
      if (path === '/token') send(response, method, 403, '{"details":"go away"}');
      else unauthorized(method, response, `Bearer realm="http://${fake.host}/token?a=secret",service="test"`);
      return true;
    };
    const error = await (await open(user)).resolve().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(AttestdError);
    expect(`${(error as Error).message}\n${log.join('\n')}`).not.to.match(/secret|dXNlcj/);
  });
});

describe('Referrers', () => {
  const subject = `sha256:${'1'.repeat(64)}`;
  const listed = { mediaType: manifestType, digest: `sha256:${'2'.repeat(64)}`, size: 7 };
  const index = JSON.stringify({ schemaVersion: 2, manifests: [listed] });

  for (const path of [`/v2/a/b/referrers/${subject}`, `/v2/a/b/manifests/sha256-${'1'.repeat(64)}`]) {
    it(`are found at ${path.slice(0, 22)}…`, async () => {
      fake.fault = (seen, response) => {
        if (seen.path !== path) return false;
        send(response, seen.method, 200, index);
        return true;
      };
      expect(await (await open()).referrers(subject)).to.deep.equal([listed]);
    });
  }

  it('are none where the registry knows of none', async () => {
    expect(await (await open()).referrers(subject)).to.deep.equal([]);
  });

  it('are not guessed where the registry fails', async () => {
    fake.fault = ({ method }, response) => refuse(response, method, 400, 'UNSUPPORTED');
    expect(await codeOf(async () => (await open()).referrers(subject))).to.equal('INTERNAL');
  });
});
