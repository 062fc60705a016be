import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { capture, type Outcome } from './capture.js';

const changelog = (...args: string[]): Promise<Outcome> => capture(() => execute(['spec', 'changelog', ...args]));

describe('attestd spec changelog', () => {
  it('tells of the packaged patch when no operands are given', async () => {
    const whole = await changelog();
    expect(whole.code).to.equal(0);
    expect(whole.stdout).to.equal((await changelog('1.54', '1.55+experimental')).stdout);
    expect(whole.stdout).to.include('AttestationData.Statements');
    expect((await changelog('1.54', '1.55')).stdout).not.to.include('AttestationData.Statements');
  });

  it('refuses one operand, three, and what cannot be read, with exit code 2', async () => {
    for (const args of [['1.54'], ['1.54', '1.55', '1.55'], ['1.54', 'none.yaml'], ['--nope']]) {
      expect((await changelog(...args)).error, args.join(' ')).to.have.property('exitCode', 2);
    }
  });
});
