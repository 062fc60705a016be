import { expect } from 'chai';
import { container, run } from '../support.js';

describe('Programs that have read enough', () => {
  for (const program of ['head -n 2', 'sed 2q', "awk 'NR > 2 {exit} {print}'"])
    it(`leave nobody writing to them: ${program}`, async () => {
      const { stdout } = await run(['sh', '-c', `yes | ${program}; echo over`], { in: await container() });
      expect(stdout).to.equal('y\ny\nover\n');
    });
});
