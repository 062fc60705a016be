import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { RequestLifecycle } from '../../src/server/request-lifecycle.js';
import { ResponseCache } from '../../src/server/response-cache.js';

describe('Exchanges', () => {
  const begin = (method: string) => {
    const exchanges = new RequestLifecycle({ cache: new ResponseCache(() => 0), answer: () => undefined });
    const request = Object.assign(new IncomingMessage(new Socket()), { method, url: '/x', httpVersion: '1.1' });
    const response = new ServerResponse(request);
    exchanges.handle(request, response);
    /** What has resolved, of both promises. */
    const resolved = async (): Promise<string[]> => {
      const seen: string[] = [];
      void exchanges.settled().then(() => seen.push('settled'));
      void exchanges.idle().then(() => seen.push('idle'));
      await nextTurn();
      return seen;
    };
    return { exchanges, request, response, resolved };
  };

  it('are settled once what may change something is answered, or its client has gone', async () => {
    const { response, resolved } = begin('POST');
    expect(await resolved()).to.deep.equal([]);
    response.emit('close');
    expect(await resolved()).to.have.members(['settled', 'idle']);
  });

  it('are settled, though not idle, while somebody reads, waits for a container or has a stream of bytes', async () => {
    expect(await begin('GET').resolved()).to.deep.equal(['settled']);
    const waits = begin('POST');
    waits.exchanges.located(waits.request, 'ContainerWait', '1.55');
    expect(await waits.resolved()).to.deep.equal(['settled']);
    const streams = begin('POST');
    streams.exchanges.located(streams.request, 'ContainerAttach', '1.55');
    expect(await streams.resolved()).to.deep.equal([]);
    streams.exchanges.hijacked(streams.request);
    expect(await streams.resolved()).to.deep.equal(['settled']);
    streams.response.emit('close');
    expect(await streams.resolved()).to.have.members(['settled', 'idle']);
  });
});
