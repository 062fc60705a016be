import { expect } from 'chai';
import { clientFrame, messages, serverFrames } from '../../../src/conformance/containers/websocket.js';

describe('frames of WebSockets', () => {
  it('of a client are masked', () => {
    const frame = clientFrame(2, Buffer.from('typed'));
    expect(frame.subarray(0, 2)).to.deep.equal(Buffer.from([0x82, 0x85]));
    const mask = frame.subarray(2, 6);
    expect(Buffer.from(frame.subarray(6).map((byte, i) => byte ^ (mask[i % 4] ?? 0))).toString()).to.equal('typed');
  });

  it('of a server are read once they are whole', () => {
    const long = Buffer.alloc(300, 'x');
    const bytes = Buffer.concat([Buffer.from([0x82, 2]), Buffer.from('ab'), Buffer.from([0x82, 126, 1, 44]), long]);
    expect(serverFrames(bytes).map(({ opcode, payload }) => [opcode, payload.length])).to.deep.equal([
      [2, 2],
      [2, 300],
    ]);
    expect(messages(bytes.subarray(0, 100))).to.equal('ab');
  });
});
