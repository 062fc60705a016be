import { expect } from 'chai';
import fc from 'fast-check';
import { DetachKeys, parseDetachKeys } from '../../../../src/engine/containers/io/detach-keys.js';

describe('detach keys', () => {
  it('are characters, control keys and DEL, separated by commas', () => {
    expect(parseDetachKeys('ctrl-p,ctrl-q')).to.deep.equal(Buffer.from([16, 17]));
    expect(parseDetachKeys('a,ctrl-@,ctrl-_,DEL')).to.deep.equal(Buffer.from([97, 0, 31, 127]));
    expect(parseDetachKeys('')).to.deep.equal(Buffer.alloc(0));
  });

  for (const text of ['odd-key', 'ctrl-p,', 'ctrl-', 'ctrl-P', 'ab', 'ctrl-pp', 'é']) {
    it(`are not ${JSON.stringify(text)}`, () => {
      expect(parseDetachKeys(text)).to.equal(undefined);
    });
  }

  /** What reaches the process of input that comes in these pieces. */
  function feed(keys: DetachKeys, pieces: readonly string[]): { text: string; detached: boolean } {
    let text = '';
    for (const piece of pieces) {
      const { bytes, detached } = keys.feed(Buffer.from(piece, 'latin1'));
      text += bytes.toString('latin1');
      if (detached) return { text, detached };
    }
    return { text, detached: false };
  }

  it('end the input before them, and take what follows with them', () => {
    expect(feed(new DetachKeys(Buffer.alloc(0)), ['ab\x10\x11cd'])).to.deep.equal({ text: 'ab', detached: true });
  });

  it('are held back until it is known that they are none', () => {
    const keys = new DetachKeys(Buffer.from('xyz'));
    expect(keys.feed(Buffer.from('ax')).bytes.toString()).to.equal('a');
    expect(keys.feed(Buffer.from('y')).bytes.toString()).to.equal('');
    expect(keys.feed(Buffer.from('b')).bytes.toString()).to.equal('xyb');
  });

  it('are found wherever the input is cut, and all else is passed on', () => {
    const text = fc.string({ unit: fc.constantFrom('x', 'y', 'z', 'a'), maxLength: 20 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(20), { maxLength: 4 }), (input, places) => {
        const cuts = [0, ...places.filter((place) => place < input.length).sort((a, b) => a - b), input.length];
        const pieces = cuts.slice(1).map((end, at) => input.slice(cuts[at], end));
        const whole = feed(new DetachKeys(Buffer.from('xyz')), [input]);
        expect(feed(new DetachKeys(Buffer.from('xyz')), pieces)).to.deep.equal(whole);
        if (whole.detached) expect(input.startsWith(`${whole.text}xyz`)).to.equal(true);
        else expect(input.startsWith(whole.text)).to.equal(true);
      }),
    );
  });
});
