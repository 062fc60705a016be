import { expect } from 'chai';
import { container, run } from '../support.js';

const many = (word: string, count = 20_000): string[] => new Array<string>(count).fill(word);

describe('Programs that are given something nested very deeply', () => {
  for (const [what, argv, code, output] of [
    ['find', ['find', '/etc/passwd', ...many('!'), '-name', 'passwd'], 0, '/etc/passwd\n'],
    ['expr', ['expr', ...many('('), '7', ...many(')')], 0, '7\n'],
    ['expr of lengths', ['expr', ...many('length'), '7'], 0, '1\n'],
    ['env', [...many('env', 5000), 'echo', '7'], 0, '7\n'],
    ['time', [...many('time', 500), 'echo', '7'], 0, '7\n'],
  ] as const)
    it(`do what they are told: ${what}`, async () => {
      const { code: is, stdout } = await run([...argv], { in: await container() });
      expect([is, stdout]).to.deep.equal([code, output]);
    });

  for (const [what, argv] of [
    ['find', ['find', '/', ...many('(', 2000), '-name', 'x', ...many(')', 2000)]],
    ['test', ['test', ...many('!'), 'x']],
    ['awk', ['awk', `BEGIN { print ${'('.repeat(20_000)}1${')'.repeat(20_000)} }`]],
    ['awk with blocks', ['awk', `BEGIN ${'{'.repeat(4000)}print 1${'}'.repeat(4000)}`]],
    ['awk with conditions', ['awk', `BEGIN { ${'if (1) '.repeat(4000)} print 1 }`]],
  ] as const)
    it(`are ended as by a stack that is full: ${what}`, async () => {
      const box = await container();
      expect((await run([...argv], { in: box })).code).to.equal(139);
      expect((await run(['sh', '-c', 'echo on'], { in: box })).stdout).to.equal('on\n');
    });
});
