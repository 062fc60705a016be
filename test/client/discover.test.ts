import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { discover } from '../../src/client/discover.js';

describe('finding a daemon', () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'attestd-home-'));
  });

  afterEach(() => rmSync(home, { recursive: true }));

  function writeContext(name: string, docker: object, tls: Record<string, string> = {}): void {
    const id = createHash('sha256').update(name).digest('hex');
    const meta = join(home, '.docker', 'contexts', 'meta', id);
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker } }));
    if (Object.keys(tls).length === 0) return;
    const folder = join(home, '.docker', 'contexts', 'tls', id, 'docker');
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(tls)) writeFileSync(join(folder, file), text);
  }

  it('takes the given host before everything else', () => {
    const found = discover({ host: 'unix:///a.sock', env: { HOME: home, DOCKER_HOST: 'unix:///b.sock' } });
    expect(found).to.deep.equal({ target: { kind: 'unix', path: '/a.sock' }, by: '--host' });
  });

  it('takes DOCKER_HOST with the certificates of DOCKER_CERT_PATH', () => {
    writeFileSync(join(home, 'ca.pem'), 'the ca');
    const env = { HOME: home, DOCKER_HOST: 'tcp://box:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: home };
    expect(discover({ env })).to.deep.equal({
      target: { kind: 'tcp', host: 'box', port: 2376, tls: { ca: 'the ca', verify: true } },
      by: 'DOCKER_HOST',
    });
  });

  it('takes the current context of the docker configuration, with its certificates', () => {
    writeContext('far', { Host: 'tcp://far:2376', SkipTLSVerify: true }, { 'cert.pem': 'c', 'key.pem': 'k' });
    writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ currentContext: 'far' }));
    expect(discover({ env: { HOME: home } })).to.deep.equal({
      target: { kind: 'tcp', host: 'far', port: 2376, tls: { cert: 'c', key: 'k', verify: false } },
      by: 'context far',
    });
  });

  it('lets a named context win over DOCKER_HOST', () => {
    writeContext('near', { Host: 'unix:///near.sock' });
    const env = { HOME: home, DOCKER_HOST: 'unix:///b.sock' };
    expect(discover({ context: 'near', env }).by).to.equal('context near');
  });

  it('falls back to the well-known socket', () => {
    expect(discover({ env: { HOME: home } })).to.deep.equal({
      target: { kind: 'unix', path: '/var/run/docker.sock' },
      by: 'default',
    });
  });

  it('refuses a context that does not exist, and a broken configuration', () => {
    expect(() => discover({ env: { HOME: home, DOCKER_CONTEXT: 'gone' } }))
      .to.throw()
      .with.property('code', 'USAGE');
    mkdirSync(join(home, '.docker'), { recursive: true });
    writeFileSync(join(home, '.docker', 'config.json'), '{');
    expect(() => discover({ env: { HOME: home } }))
      .to.throw()
      .with.property('code', 'USAGE');
  });
});
