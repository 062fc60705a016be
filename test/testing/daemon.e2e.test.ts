import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));
const archive = join(root, 'fixtures/images/buildkit/buildkit-attested.tar');

describe('the end of a daemon', () => {
  /** Runs a script in a process of its own, with a temporary folder of its own; what it left there. */
  function left(script: string): { output: string; files: string[] } {
    const folder = mkdtempSync(join(tmpdir(), 'attestd-test-'));
    try {
      const source = `import { startDaemon } from ${JSON.stringify(join(root, 'src/testing/server.ts'))};\n${script}`;
      const output = execFileSync(process.execPath, ['--import', 'tsx/esm', '--input-type=module', '--eval', source], {
        cwd: root,
        encoding: 'utf8',
        timeout: 30_000,
        env: { ...process.env, TMPDIR: folder },
      });
      return { output, files: readdirSync(folder).filter((name) => name.startsWith('attestd-')) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('leaves neither files nor handles: the process ends by itself', () => {
    const { output, files } = left(`
      import { get } from 'node:http';
      process.stdout.write('') && process.stderr.write('');
      // Of the modules that are being loaded; newer releases of Node count them.
      const loading = (name) => /^(FSReq|CloseReq|ConnectWrap|FileHandle)/.test(name);
      while (process.getActiveResourcesInfo().some(loading)) await new Promise((resolve) => setTimeout(resolve, 10));
      const before = process.getActiveResourcesInfo();
      const daemons = await Promise.all(['unix', 'tcp', 'unix'].map((listen) =>
        startDaemon({ listen, images: ['five-platforms', ${JSON.stringify(archive)}] })));
      for (const daemon of daemons) {
        await new Promise((resolve) =>
          get({ ...daemon.connection, agent: false, path: '/v1.55/images/json' }, (answer) => answer.resume().on('end', resolve)));
        await daemon.reset();
        await daemon.load(${JSON.stringify(archive)});
        await daemon.close();
      }
      // The callback of the last removal counts as active until it returns.
      await new Promise((resolve) => setImmediate(resolve));
      console.log(JSON.stringify([before, process.getActiveResourcesInfo()]));
    `);
    const [before, after] = JSON.parse(output) as [string[], string[]];
    expect(after).to.deep.equal(before);
    expect(files).to.deep.equal([]);
  });

  it('comes with the process at the latest', () => {
    const { files } = left("await startDaemon({ images: ['five-platforms'] }); process.exit(0);");
    expect(files).to.deep.equal([]);
  });

  it('leaves nothing when the start fails', () => {
    const { files } = left(`
      await startDaemon({ images: [Buffer.from('garbage')] }).catch(() => undefined);
      await startDaemon({ images: ['none'] }).catch(() => undefined);
      await startDaemon({ listen: ['tcp://203.0.113.1:1'] }).catch(() => undefined);
    `);
    expect(files).to.deep.equal([]);
  });
});
