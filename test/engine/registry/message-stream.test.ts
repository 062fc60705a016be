import { expect } from 'chai';
import { messagesOf } from '../../../src/engine/registry/message-stream.js';

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('Messages of an act', () => {
  it('hold it back while nobody reads what it writes', async () => {
    let written = 0;
    const messages = messagesOf(async (emit) => {
      for (; written < 100; written++) await emit({ stream: 'x'.repeat(100_000) });
    });
    await messages.next();
    await pause();
    expect(written).to.be.below(15);
    let read = 1;
    for await (const _ of messages) read++;
    expect([read, written]).to.deep.equal([100, 100]);
  });

  it('tell less of how far something has come to who reads slowly, and all else', async () => {
    const messages = messagesOf(async (emit) => {
      for (let i = 0; i < 5000; i++) void emit({ status: 'Downloading', progressDetail: { current: i }, id: 'a' });
      for (let i = 0; i < 100; i++)
        void emit({ status: 'Pull complete', progressDetail: { hidecounts: true }, id: 'a' });
    });
    const told = { progress: 0, rest: 0 };
    for await (const { status } of messages) told[status === 'Downloading' ? 'progress' : 'rest']++;
    expect(told.progress).to.be.within(1, 1000);
    expect(told.rest).to.equal(100);
  });

  it('let an act go on to its end that waits for a reader who has left', async () => {
    let ended = false;
    const messages = messagesOf(async (emit, signal) => {
      while (!signal.aborted) await emit({ stream: 'x'.repeat(100_000) });
      await emit({ stream: 'x'.repeat(1 << 21) });
      ended = true;
    });
    await messages.next();
    await messages.return(undefined);
    expect(ended).to.equal(true);
  });
});
