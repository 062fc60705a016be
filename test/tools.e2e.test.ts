import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../', import.meta.url));

describe('Commands for development', () => {
  it('exit 0 with their help, and 2 with one line', () => {
    const run = (option: string) =>
      spawnSync(process.execPath, ['--import=tsx', join(root, 'bench/compare.ts'), option], { encoding: 'utf8' });
    expect(run('--help'))
      .to.include({ status: 0, stderr: '' })
      .and.have.property('stdout')
      .that.matches(/^example: /m);
    expect(run('--nonsense'))
      .to.include({ status: 2, stdout: '' })
      .and.have.property('stderr')
      .that.matches(/^[^\n]+\n$/);
  });
});
