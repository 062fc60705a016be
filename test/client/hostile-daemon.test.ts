import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { connect, type EngineClient } from '../../src/client/engine-client.js';
import { maxErrorBytes, maxJsonDepth, maxJsonValues } from '../../src/client/limits.js';
import { rejected } from '../oci/support/rejected.js';

type Answer = Parameters<typeof createServer>[1] & {};

describe('a client of a hostile daemon', () => {
  let server: Server;
  let client: EngineClient | undefined;

  const clientOf = async (answer: Answer, limits = {}): Promise<EngineClient> => {
    server = createServer((request, response) => {
      if (request.url !== '/_ping') return void answer(request, response);
      response.setHeader('Api-Version', '1.55').end('OK');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = await connect({ host, env: {}, ...limits });
    return client;
  };

  afterEach(() => {
    client?.close();
    client = undefined;
    server.closeAllConnections();
    server.close();
  });

  it('stops reading an endless answer at the limit', async () => {
    const piece = Buffer.alloc(64 * 1024, 0x20);
    let sent = 0;
    const daemon = await clientOf(
      (_, response) => {
        const more = (): void => {
          for (; !response.destroyed && response.write(piece); sent += piece.length);
        };
        response.on('drain', more);
        more();
      },
      { maxBytes: 1024 * 1024 },
    );
    const error = await rejected(daemon.listImages());
    expect(error).to.have.property('code', 'OUT_OF_RANGE');
    expect(error.message).to.include('limit of 1048576 bytes');
    expect(sent).to.be.below(64 * 1024 * 1024);
  });

  it('gives up on a silent daemon', async () => {
    const daemon = await clientOf(() => undefined, { silence: 50 });
    expect(await rejected(daemon.listImages())).to.have.property('code', 'UNAVAILABLE');
  });

  it('gives up on a daemon that sends one byte at a time', async () => {
    const daemon = await clientOf(
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(timer));
      },
      { deadline: 150 },
    );
    const error = await rejected(daemon.listImages());
    expect(error).to.have.property('code', 'UNAVAILABLE');
    expect(error.message).to.include('no whole answer after 150 ms');
  });

  it('refuses an answer that is nested too deeply', async () => {
    const daemon = await clientOf((_, response) => void response.end('['.repeat(maxJsonDepth + 1)));
    expect(await rejected(daemon.listImages())).to.have.property('code', 'OUT_OF_RANGE');
  });

  it('refuses an answer with too many values', async () => {
    const daemon = await clientOf((_, response) => void response.end(`[${'1,'.repeat(maxJsonValues)}1]`));
    expect(await rejected(daemon.imageAttestations('x'))).to.have.property('code', 'OUT_OF_RANGE');
  });

  it('shortens an error text', async () => {
    const daemon = await clientOf((_, response) => {
      response.statusCode = 500;
      response.end('x'.repeat(1024 * 1024));
    });
    const error = await rejected(daemon.listImages());
    expect(error).to.have.property('code', 'INTERNAL');
    expect(error.message.length).to.be.below(maxErrorBytes + 100);
  });

  it('refuses a header of 100 KB', async () => {
    const daemon = await clientOf((_, response) => void response.setHeader('X', 'x'.repeat(100_000)).end('[]'));
    expect(await rejected(daemon.listImages())).to.have.property('code', 'UNAVAILABLE');
  });
});
