import { expect } from 'chai';
import fc from 'fast-check';
import { PortRanges } from '../../../src/engine/networks/port-ranges.js';

const port = fc.nat(65_535);
const range = fc
  .tuple(port, port, fc.constantFrom('tcp', 'udp'))
  .map(([a, b, protocol]) => ({ start: Math.min(a, b), end: Math.max(a, b), protocol }));

describe('Ranges of ports', () => {
  it('hold what one of them holds', () => {
    fc.assert(
      fc.property(fc.array(range), port, fc.constantFrom('tcp', 'udp'), (ranges, number, protocol) => {
        const set = new PortRanges();
        for (const one of ranges) set.add(one);
        const held = ranges.some((one) => one.protocol === protocol && one.start <= number && number <= one.end);
        expect(set.has({ number, protocol })).to.equal(held);
        expect(set.empty).to.equal(ranges.length === 0);
      }),
    );
  });

  it('are looked at as those that do not touch, however many lie one over the other', () => {
    const set = new PortRanges();
    let read = 0;
    for (let i = 0; i < 60_000; i++) {
      const end = (): number => {
        read++;
        return 65_535;
      };
      set.add(Object.defineProperty({ start: i % 100, protocol: 'tcp', end: 0 }, 'end', { get: end }));
    }
    expect(set.has({ number: 80, protocol: 'tcp' })).to.equal(true);
    const sorted = read;
    for (let number = 0; number < 65_536; number++) set.has({ number, protocol: 'tcp' });
    // Linear in what came, and then a few looks for each question.
    expect(sorted).to.be.below(300_000);
    expect(read - sorted).to.be.below(65_536 * 4);
  });
});
