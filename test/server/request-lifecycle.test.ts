import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { createApp, type Route } from '../../src/server/app.js';
import type { OperationHandler, OperationResult } from '../../src/server/operation.js';
import { contextWithoutStore } from './support.js';

const context = contextWithoutStore();
const forever = new Promise<OperationResult>(() => undefined);
const stream: OperationResult = {
  kind: 'hijack',
  statusLine: '101 UPGRADED',
  run: () => new Promise(() => undefined),
  abandon: () => undefined,
};

const route = (operationId: string, path: string, handler: OperationHandler): Route[] =>
  ['GET', 'POST'].map((method) => ({ operationId, method, path, tag: '', parameters: [], handler }));

describe('requests in flight', () => {
  const begin = (method: string, url = '/x') => {
    const app = createApp({
      context: () => context,
      routes: [
        ...route('Any', '/x', () => forever),
        ...route('ContainerWait', '/wait', () => forever),
        ...route('ContainerAttach', '/attach', () => stream),
      ],
      strict: false,
      onFault: () => undefined,
    });
    const request = Object.assign(new IncomingMessage(new Socket()), { method, url, httpVersion: '1.1' });
    const response = new ServerResponse(request);
    app.listener(request, response);
    /** The promises that have resolved. */
    const resolved = async (): Promise<string[]> => {
      const seen: string[] = [];
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      void app.settled().then(() => seen.push('settled'));
      void app.idle().then(() => seen.push('idle'));
      await nextTurn();
      return seen;
    };
    return { request, response, resolved };
  };

  it('are settled once a change is answered, or its client has disconnected', async () => {
    const { response, resolved } = begin('POST');
    expect(await resolved()).to.deep.equal([]);
    response.emit('close');
    expect(await resolved()).to.have.members(['settled', 'idle']);
  });

  it('are settled, though not idle, during a read, a wait for a container and a stream of bytes', async () => {
    expect(await begin('GET').resolved()).to.deep.equal(['settled']);
    expect(await begin('POST', '/wait').resolved()).to.deep.equal(['settled']);
    const streams = begin('POST', '/attach');
    expect(await streams.resolved()).to.deep.equal(['settled']);
    streams.response.emit('close');
    expect(await streams.resolved()).to.have.members(['settled', 'idle']);
  });
});
