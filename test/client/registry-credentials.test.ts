import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { storedCredentials } from '../../src/client/registry-credentials.js';

const auth = (text: string): string => Buffer.from(text).toString('base64');

describe('Credentials that docker login stored', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-stored-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const stored = (content: unknown, domain = 'registry.test:5000') => {
    writeFileSync(join(folder, 'config.json'), typeof content === 'string' ? content : JSON.stringify(content));
    return storedCredentials(domain, { DOCKER_CONFIG: folder });
  };

  it('are for the registry that they were stored for', () => {
    const auths = { 'registry.test:5000': { auth: auth('user:a:b') } };
    const expected = { username: 'user', password: 'a:b', host: 'registry.test:5000' };
    expect(stored({ auths })).to.deep.equal(expected);
    expect(stored({ auths }, 'registry.test')).to.equal(undefined);
    expect(stored({ auths: { 'https://index.docker.io/v1/': { auth: auth('user:c') } } }, 'docker.io')).to.include({
      password: 'c',
    });
  });

  it('may be an identity token', () => {
    expect(stored({ auths: { 'registry.test:5000': { auth: auth('00:'), identitytoken: 'token' } } })).to.include({
      identityToken: 'token',
    });
  });

  for (const [name, content] of [
    ['no JSON', 'x'],
    ['null', 'null'],
    ['a file without any', {}],
    ['an entry of a helper', { auths: { 'registry.test:5000': {} }, credsStore: 'desktop' }],
    ['entries of other shapes', { auths: { 'registry.test:5000': 'x' } }],
    ['a name without a secret', { auths: { 'registry.test:5000': { auth: auth('user') } } }],
  ] as const) {
    it(`are none in ${name}`, () => {
      expect(stored(content)).to.equal(undefined);
    });
  }

  it('are none without a file', () => {
    expect(storedCredentials('registry.test', { DOCKER_CONFIG: join(folder, 'nope') })).to.equal(undefined);
  });
});
