import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { ResponseBufferBudget } from '../../src/server/response-buffer-budget.js';

/** An answer as far as it is held. */
class Answer extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('Answers that wait to be read', () => {
  const body = (): Buffer => Buffer.alloc(64 << 10);
  const answer = (): Answer & ServerResponse => new Answer() as Answer & ServerResponse;

  it('are broken off when there are too many, those that have waited longest first', () => {
    const held = new ResponseBufferBudget(256 << 10);
    const answers = Array.from({ length: 7 }, answer);
    for (const one of answers) held.hold(one, body());
    expect(answers.map(({ destroyed }) => destroyed)).to.deep.equal([true, true, true, false, false, false, false]);
    expect(held.bytes).to.equal(256 << 10);
  });

  it('count once where they are the same bytes, and not at all where they are few', () => {
    const held = new ResponseBufferBudget(256 << 10);
    const same = body();
    const answers = Array.from({ length: 100 }, answer);
    for (const one of answers) held.hold(one, same);
    const small = answer();
    held.hold(small, Buffer.alloc(100));
    expect(held.bytes).to.equal(same.length);
    for (let i = 0; i < 4; i++) held.hold(answer(), body());
    expect([answers.every(({ destroyed }) => destroyed), small.destroyed]).to.deep.equal([true, false]);
  });

  it('are forgotten when they are read, or their clients are gone', () => {
    const held = new ResponseBufferBudget(256 << 10);
    const [read, gone, part] = [answer(), answer(), answer()];
    held.hold(read, body());
    held.hold(gone, body());
    const letGo = held.hold(part, body());
    read.emit('finish');
    gone.destroy();
    letGo();
    expect(held.bytes).to.equal(0);
    expect(part.listenerCount('close')).to.equal(0);
  });

  it('are not broken off for one that is longer than the bound by itself', () => {
    const held = new ResponseBufferBudget(256 << 10);
    const long = answer();
    held.hold(long, Buffer.alloc(1 << 20));
    expect(long.destroyed).to.equal(false);
  });
});
