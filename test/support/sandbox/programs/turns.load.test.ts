import { expect } from 'chai';
import { turnsDuring } from '../../../helpers/turns.js';
import { sh } from '../support.js';

describe('a program that does much at a time', () => {
  // What is loaded with the first script gives turns too.
  before(() =>
    sh('dd if=/dev/zero of=/dev/null bs=1 count=1 2>/dev/null; x=$(head -c 9 /dev/zero | tr "\\0" x); printf "$x"'),
  );

  for (const [what, script] of [
    ['copies few large blocks', 'dd if=/dev/zero of=/dev/null bs=32M count=160 2>/dev/null'],
    [
      'writes a long text',
      'x=$(head -c 1600000 /dev/zero | tr "\\0" "\\n"; echo .); for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf "$x"; done',
    ],
  ] as const)
    it(`lets others have their turn while it ${what}`, async () => {
      let code = -1;
      const work = async (): Promise<void> => {
        code = (await sh(script)).code;
      };
      expect(await turnsDuring(work)).to.be.greaterThan(4);
      expect(code).to.equal(0);
    });
});
