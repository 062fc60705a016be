import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

describe('the command line', () => {
  it('ends quietly when its reader has seen enough', () => {
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const command = `'${process.execPath}' --import tsx '${main}' conformance list --json | head -n 1`;
    const { stdout, stderr, status } = spawnSync('bash', ['-c', `set -o pipefail; ${command}`], { encoding: 'utf8' });
    expect({ stdout, stderr, status }).to.deep.equal({ stdout: '[\n', stderr: '', status: 0 });
  }).timeout(60_000);
});
