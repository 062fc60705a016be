import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { programLayer, programmed } from '../../../src/conformance/images/program.js';
import { readTar } from '../../../src/conformance/images/tar.js';
import { skip } from '../../helpers/record.js';

const file = (name: string): string => fileURLToPath(new URL(`../../../fixtures/program/${name}`, import.meta.url));

describe('the test program', () => {
  it('is what the recipe wrote down, and a few KB', () => {
    const sums = readFileSync(file('SHA256SUMS'), 'utf8').trim().split('\n');
    expect(sums).to.have.lengthOf(programmed.length);
    for (const line of sums) {
      const [sum, name = ''] = line.split(/ +/);
      const bytes = readFileSync(file(name));
      expect(createHash('sha256').update(bytes).digest('hex'), name).to.equal(sum);
      expect(bytes.length).to.be.below(8192);
    }
  });

  it('is in the layer, under the names of its commands', () => {
    const layer = programLayer('arm64');
    expect(readTar(layer).get('bin/program')).to.deep.equal(readFileSync(file('program-arm64')));
    expect(layer.toString('latin1')).to.contain('bin/sleep');
  });

  describe('run here', () => {
    const sh = (line: string, input = ''): { status: number | null; out: string; err: string } => {
      const built = arch() === 'x64' ? 'amd64' : 'arm64';
      const done = spawnSync(file(`program-${built}`), ['-c', line], {
        argv0: 'sh',
        input,
        env: { NAME: 'a b' },
        timeout: 10_000,
      });
      return { status: done.status, out: done.stdout.toString(), err: done.stderr.toString() };
    };

    before(function () {
      if (platform() !== 'linux' || !['x64', 'arm64'].includes(arch()))
        skip(this, 'the program of the conformance images runs on Linux x64 and arm64 only');
    });

    it('writes, reads and ends as it is told', () => {
      expect(sh('echo "to $NAME"; echo err >&2; exit 3')).to.deep.equal({ status: 3, out: 'to a b\n', err: 'err\n' });
      expect(sh('cat; echo $?', 'given\n').out).to.equal('given\n0\n');
      expect(sh('false && echo no || echo yes; true && echo and').out).to.equal('yes\nand\n');
      expect(sh('nope; echo $?').out).to.equal('127\n');
      expect(sh('seq 3').out).to.equal('1\n2\n3\n');
    });

    it('traps signals while it waits', async () => {
      const built = arch() === 'x64' ? 'amd64' : 'arm64';
      const line = 'trap "echo told; exit 7" TERM; echo ready; sleep 1 & wait';
      const child = spawn(file(`program-${built}`), ['-c', line], { argv0: 'sh' });
      let out = '';
      child.stdout.on('data', (bytes: Buffer) => {
        out += bytes.toString();
        if (out === 'ready\n') child.kill('SIGTERM');
      });
      const code = await new Promise((resolve) => child.on('exit', resolve));
      expect([code, out]).to.deep.equal([7, 'ready\ntold\n']);
    });
  });
});
