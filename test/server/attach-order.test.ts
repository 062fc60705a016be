import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { image } from '../../src/testing/fixtures.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';

describe('Whoever is attached to a container', () => {
  let daemon: Daemon;
  const agent = new Agent({ keepAlive: true });

  before(async () => {
    const program = { content: '\x7fELF', mode: 0o755 };
    daemon = await startDaemon({
      platform: 'linux/amd64',
      images: [image('app:1').layer({ '/bin/echo': program }).platform('linux/amd64')],
    });
  });
  after(async () => {
    agent.destroy();
    await daemon.close();
  });

  function send(method: string, path: string, body?: object): Promise<IncomingMessage> {
    const { socketPath } = daemon.connection as { socketPath: string };
    return new Promise((resolve, reject) => {
      const headers = body && { 'Content-Type': 'application/json' };
      const sent = request({ socketPath, method, path, headers, agent }, resolve).on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }

  it('has its output before another one hears that it has ended', async () => {
    for (let round = 0; round < 5; round++) {
      const created = await send('POST', '/containers/create', { Image: 'app:1', Cmd: ['echo', 'said'] });
      const { Id } = JSON.parse(await text(created)) as { Id: string };
      let heard = '';
      const attached = await send('POST', `/containers/${Id}/attach?stream=1&stdout=1`);
      attached.on('data', (piece: Buffer) => {
        heard += piece.toString();
      });
      await text(await send('POST', `/containers/${Id}/start`));
      await text(await send('POST', `/containers/${Id}/wait`));
      expect(heard, `round ${round}`).to.contain('said');
    }
  });
});
