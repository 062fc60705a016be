import { expect } from 'chai';
import { parseHost } from '../../src/client/target.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

describe('a daemon address', () => {
  it('is a unix socket with an absolute path', () => {
    expect(parseHost('unix:///run/docker.sock')).to.deep.equal({ kind: 'unix', path: '/run/docker.sock' });
  });

  it('is a TCP address, IPv6 included', () => {
    expect(parseHost('tcp://[::1]:2375')).to.deep.equal({ kind: 'tcp', host: '::1', port: 2375 });
    expect(parseHost('http://127.0.0.1:80')).to.include({ host: '127.0.0.1', port: 80 });
    expect(parseHost('tcp://box:80')).to.include({ port: 80 });
  });

  it('takes the TLS port when there is TLS material', () => {
    expect(parseHost('tcp://box', { verify: true })).to.deep.equal({
      kind: 'tcp',
      host: 'box',
      port: 2376,
      tls: { verify: true },
    });
  });

  for (const bad of ['', 'docker.sock', 'unix://relative', 'ftp://x', 'tcp://', 'tcp://x:1/path', 'tcp://x:70000'])
    it(`is refused as '${bad}'`, () => {
      expect(() => parseHost(bad))
        .to.throw(AttestdError)
        .with.property('code', 'USAGE');
    });
});
