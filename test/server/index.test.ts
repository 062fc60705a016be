import { expect } from 'chai';
import { Connection } from '../../src/client/connection.js';
import { parseHost } from '../../src/client/target.js';
import { ContentClient } from '../../src/conformance/content/client.js';
import { type RunningServer, startServer } from '../../src/server/index.js';

describe('the reference server', () => {
  let server: RunningServer;

  before(async () => {
    server = await startServer({ listen: ['tcp://127.0.0.1:0'] });
  });

  after(() => server.close());

  it('answers HTTP/1.1 and gRPC on the same address', async () => {
    const target = parseHost(server.hosts[0] ?? '');
    const connection = new Connection(target);
    const content = await ContentClient.connect(target, () => undefined);
    try {
      expect((await connection.send({ method: 'GET', path: '/_ping' })).status).to.equal(200);
      const { status, details } = await content.call('Info', Buffer.from('\n\x03bad'));
      expect(status, details).to.equal('INVALID_ARGUMENT');
    } finally {
      content.close();
      connection.close();
    }
  });
});
