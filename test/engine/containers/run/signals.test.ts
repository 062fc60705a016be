import { expect } from 'chai';
import { isKnownSignal, requestedSignal } from '../../../../src/engine/containers/run/signals.js';
import { AttestdError } from '../../../../src/support/foundation/errors.js';

describe('a signal that a request names', () => {
  for (const [text, number] of [
    ['KILL', 9],
    ['SIGKILL', 9],
    ['sigterm', 15],
    ['IOT', 6],
    ['RTMIN', 34],
    ['SIGRTMIN+3', 37],
    ['rtmax-1', 63],
    ['9', 9],
    ['+2', 2],
    ['-5', -5],
    ['100', 100],
  ] as const)
    it(`is ${number} for ${text}`, () => {
      expect(requestedSignal(text)).to.equal(number);
    });

  for (const text of ['', '0', 'EXIT', 'SIG', 'NOPE', 'RTMIN-1', 'RTMAX+1', 'constructor'])
    it(`is none for '${text}'`, () => {
      expect(() => requestedSignal(text))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
    });

  it('is one of the kernel where it has a name or is for real time', () => {
    const known = Array.from({ length: 70 }, (_, number) => number).filter(isKnownSignal);
    expect(known).to.have.length(31 + 31);
    expect([0, 32, 33, 65].some(isKnownSignal)).to.equal(false);
  });
});
