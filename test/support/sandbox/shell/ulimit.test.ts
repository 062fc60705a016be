import { expect } from 'chai';
import { container, run } from '../support.js';

describe('ulimit', () => {
  const own = {
    limits: [
      { name: 'nofile', soft: 100, hard: 200 },
      { name: 'nproc', soft: 50, hard: 50 },
    ],
  };
  const print = async (script: string): Promise<readonly [string, string]> => {
    const { stdout, stderr } = await run(['sh', '-c', script], { in: await container(own) });
    return [stdout.trim().split('\n').join(' '), stderr.trim().split('\n').join(' ')];
  };

  it('tells the bounds of the container, soft ones unless asked', async () => {
    expect(await print('ulimit -n; ulimit -Hn; ulimit -Sn; ulimit -u; ulimit; ulimit -c; ulimit -s')).to.deep.equal([
      '100 200 100 50 unlimited 0 8192',
      '',
    ]);
    expect((await print('ulimit -a | head -n 2; ulimit -a | grep open'))[0]).to.equal(
      'core file size (blocks)         (-c) 0 data seg size (kb)              (-d) unlimited open files                      (-n) 100',
    );
  });

  it('lowers bounds for what is started from there, and raises none', async () => {
    const script =
      'ulimit -n 50; ulimit -n 300; echo $?; ulimit -Sn 10; ulimit -Hn; sh -c "ulimit -n"; ulimit -n unlimited; ulimit -v 1000; ulimit -v';
    expect(await print(script)).to.deep.equal([
      '1 50 10 1000',
      'sh: error setting limit: Operation not permitted sh: error setting limit: Operation not permitted',
    ]);
  });

  it('refuses what is no bound', async () => {
    expect((await print('ulimit -z; ulimit -n x'))[1]).to.equal("ulimit: invalid option -- 'z' sh: invalid number 'x'");
  });

  it('is what /proc/self/limits tells', async () => {
    expect((await print('ulimit -n 10; grep -E "open|proces" /proc/self/limits'))[0]).to.equal(
      'Max processes             50                   50                   processes  Max open files            10                   10                   files',
    );
  });
});
