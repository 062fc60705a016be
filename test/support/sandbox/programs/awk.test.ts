import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { container, run } from '../support.js';

interface Observed {
  readonly program: string;
  readonly input: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const observed = JSON.parse(
  readFileSync(new URL('../observed/awk-busybox-1.38.json', import.meta.url), 'utf8'),
) as Observed[];

describe('awk', () => {
  it('prints what busybox 1.38 printed', async () => {
    expect(observed).to.have.length.above(60);
    for (const { program, input, ...printed } of observed)
      expect(await run(['awk', program], { input }), program).to.include(printed);
  });

  const printed = async (script: string, input = ''): Promise<string> =>
    (await run(['sh', '-c', script], { input })).stdout;

  it('calculates, and writes numbers in their shorter form', async () => {
    expect(
      await printed(
        `awk 'BEGIN{print 2^10, -2^2, sqrt(16), exp(0), 1e10, 0.00001, 1/3; printf "%g %g\\n", 1e10, 0.0001}'`,
      ),
    ).to.equal('1024 -4 4 1 10000000000 1e-05 0.333333\n1e+10 0.0001\n');
  });

  it('takes separators, variables, files and assignments between them', async () => {
    const files = `echo a:b > /tmp/1; echo c:d > /tmp/2; echo '{print v, $2, FNR, NR, FILENAME}' > /tmp/p`;
    expect(await printed(`${files}; awk -F: -v v=x -f /tmp/p /tmp/1 v=y /tmp/2`)).to.equal(
      'x b 1 1 /tmp/1\ny d 1 2 /tmp/2\n',
    );
    expect((await run(['awk', '{print}', '/nosuch'])).code).to.equal(2);
  });

  it('writes to files', async () => {
    expect(
      await printed(`awk '{print > "/tmp/" $1; print "again" >> "/tmp/all"}'; cat /tmp/a /tmp/all`, 'a\na\nb\n'),
    ).to.equal('a\na\nagain\nagain\nagain\n');
  });

  it('says what it does not have', async () => {
    const warned: string[] = [];
    const log = { debug: () => undefined, warn: (message: string) => void warned.push(message) };
    for (const program of ['function f(x){} BEGIN{}', 'BEGIN{getline}']) {
      const { code } = await run(['awk', program], { in: await container({ options: { log } }) });
      expect(code).to.equal(1);
    }
    expect(warned).to.deep.equal(['awk: functions are not simulated', 'awk: getline is not simulated']);
  });

  it('can be ended while it loops, and may not take more memory than its container', async () => {
    const box = await container();
    const loops = box.start(['sh', '-c', "awk 'BEGIN{while(1);}' & sleep 1; kill -9 $!; wait $!; echo $?"]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await box.clock.advance(1000);
    expect((await loops.exit).code).to.equal(0);
    expect(loops.stdout).to.equal('137\n');
    const small = await container({ memory: 1 << 19 });
    const grows = small.start(['awk', 'BEGIN{while(1) a[i++]=i}']);
    expect(await grows.exit).to.include({ code: 137, oomKilled: true });
  });
});
