import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { Endpoints } from '../../../src/support/registry-client/endpoints.js';
import type { RegistryOptions } from '../../../src/support/registry-client/types.js';

const seen = async (options: RegistryOptions, domain: string, purpose: 'pull' | 'push' = 'pull'): Promise<string[]> =>
  (await new Endpoints(options).of(domain, purpose)).map(
    ({ scheme, host, path, insecure }) => `${scheme}://${host}${path}${insecure ? ' insecure' : ''}`,
  );

describe('The endpoints of a registry', () => {
  it('are its host with TLS, and insecure on loopback', async () => {
    expect(await seen({}, '192.0.2.1:5000')).to.deep.equal(['https://192.0.2.1:5000/v2']);
    expect(await seen({}, '127.0.0.1:5000')).to.deep.equal(['https://127.0.0.1:5000/v2 insecure']);
    expect(await seen({}, '127.9.9.9')).to.deep.equal(['https://127.9.9.9/v2 insecure']);
    expect(await seen({}, '[::1]:5000')).to.deep.equal(['https://[::1]:5000/v2 insecure']);
  });

  it('are insecure where a host or a network is said to be', async () => {
    const insecureRegistries = ['192.0.2.1:5000', '198.51.100.0/24', '2001:db8::/32'];
    expect(await seen({ insecureRegistries }, '192.0.2.1:5000')).to.deep.equal(['https://192.0.2.1:5000/v2 insecure']);
    expect(await seen({ insecureRegistries }, '192.0.2.1:5001')).to.deep.equal(['https://192.0.2.1:5001/v2']);
    expect(await seen({ insecureRegistries }, '198.51.100.7')).to.deep.equal(['https://198.51.100.7/v2 insecure']);
    expect(await seen({ insecureRegistries }, '[2001:db8::1]:80')).to.deep.equal([
      'https://[2001:db8::1]:80/v2 insecure',
    ]);
  });

  it('of docker.io are its mirrors first, to pull from alone', async () => {
    const mirrors = ['http://192.0.2.9:5000', 'https://192.0.2.8/cache/', 'http://192.0.2.9:5000/'];
    expect(await seen({ mirrors }, 'docker.io')).to.deep.equal([
      'http://192.0.2.9:5000/v2',
      'https://192.0.2.8/cache/v2',
      'https://registry-1.docker.io/v2',
    ]);
    expect(await seen({ mirrors }, 'docker.io', 'push')).to.deep.equal(['https://registry-1.docker.io/v2']);
    expect(await seen({ mirrors }, '192.0.2.1')).to.deep.equal(['https://192.0.2.1/v2']);
  });

  const refused: readonly RegistryOptions[] = [
    { mirrors: ['mirror.test'] },
    { mirrors: ['ftp://mirror.test'] },
    { mirrors: ['https://mirror.test/?a=b'] },
    { mirrors: ['https://user:secret@mirror.test'] },
    { insecureRegistries: ['-host'] },
    { insecureRegistries: ['ftp://host'] },
    { insecureRegistries: ['a b'] },
    { insecureRegistries: ['host:65536'] },
    { insecureRegistries: ['10.0.0.0/33'] },
  ];
  for (const options of refused) {
    it(`are refused for ${JSON.stringify(options)}`, () => {
      expect(() => new Endpoints(options))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
    });
  }

  it('never tell a password that a mirror was given', () => {
    expect(() => new Endpoints({ mirrors: ['https://user:secret@mirror.test'] })).to.throw(/^((?!secret).)*$/s);
  });
});

describe('The certificates of a registry', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-certs-'));
    await mkdir(join(folder, '192.0.2.1:5000'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const put = (name: string): Promise<void> => writeFile(join(folder, '192.0.2.1:5000', name), `PEM of ${name}`);
  const read = async () => (await new Endpoints({ certsDir: folder }).of('192.0.2.1:5000', 'pull'))[0]?.certificates;

  it('are those in the folder with its name', async () => {
    for (const name of ['ca.crt', 'client.cert', 'client.key', 'notes.txt']) await put(name);
    const certificates = await read();
    expect(certificates?.ca?.at(-1)).to.equal('PEM of ca.crt');
    expect(certificates?.cert).to.equal('PEM of client.cert');
    expect(certificates?.key).to.equal('PEM of client.key');
  });

  it('are none without a folder', async () => {
    const [endpoint] = await new Endpoints({ certsDir: folder }).of('192.0.2.2', 'pull');
    expect(endpoint?.certificates).to.deep.equal({});
  });

  for (const name of ['client.cert', 'client.key']) {
    it(`are refused for a ${name} alone`, async () => {
      await put(name);
      const error = await read().catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARGUMENT');
    });
  }
});
