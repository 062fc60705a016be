import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { skip } from '../helpers/record.js';
import { BUSYBOX, loadBusybox } from './support/busybox.js';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { run } from './support/run.js';
import { DOCKER, describeWith } from './support/tools.js';

describeWith(DOCKER, 'the docker CLI runs containers', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;
  let docker: DockerCli;
  let folder: string;

  before(async () => {
    daemon = await startDaemon();
    docker = new DockerCli(path, daemon.host);
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-'));
    await loadBusybox(daemon);
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await daemon?.stop();
  });

  afterEach(async () => {
    const all = await docker.lines('ps', '--all', '--quiet');
    if (all.length > 0) await docker.ok('rm', '--force', '--volumes', ...all);
  });

  const status = (name: string): Promise<string> => docker.ok('inspect', '--format', '{{.State.Status}}', name);
  const script = (text: string): readonly string[] => [BUSYBOX, 'sh', '-c', text];

  it('in the foreground, with the output of both streams and the exit code', async () => {
    const ran = await docker.try(['run', '--rm', ...script('echo out; echo err >&2; exit 3')]);
    expect(ran).to.include({ code: 3, stdout: 'out\n', stderr: 'err\n' });
    expect(await docker.lines('ps', '--all', '--quiet')).to.deep.equal([]);
  });

  it('in the background, and lists, stops and removes them', async () => {
    const id = await docker.ok('run', '--detach', '--name', 'back', '--label', 'a=b', ...script('sleep 1000'));
    expect(id).to.match(/^[0-9a-f]{64}$/);
    const format = '{{.Names}}|{{.Image}}|{{.State}}|{{.Command}}';
    expect(await docker.lines('ps', '--filter', 'label=a=b', '--format', format)).to.deep.equal([
      `back|${BUSYBOX}|running|"sh -c 'sleep 1000'"`,
    ]);
    await docker.ok('stop', '--time', '0', 'back');
    expect(await status('back')).to.equal('exited');
    expect(await docker.ok('inspect', '--format', '{{.State.ExitCode}}', 'back')).to.equal('137');
    expect(await docker.ok('rm', 'back')).to.equal('back');
    expect(await docker.fails('inspect', 'back')).to.match(/no such object: back/i);
  });

  it('with standard input, which ends where it ends', async () => {
    const ran = await docker.try(['run', '--rm', '--interactive', BUSYBOX, 'cat'], { input: Buffer.from('a\nb') });
    expect(ran).to.include({ code: 0, stdout: 'a\nb' });
  });

  it('on a terminal', async () => {
    const command = `'${path}' run --rm --interactive --tty ${BUSYBOX} sh -c 'test -t 0 && echo terminal; exit 4'`;
    const ran = await run('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { DOCKER_HOST: daemon.host, DOCKER_CONFIG: '/nonexistent', TERM: 'dumb' },
    });
    expect(ran.code).to.equal(4);
    expect(ran.stdout).to.include('terminal\r\n');
  });

  it('whose program is missing, with what a daemon says', async () => {
    const ran = await docker.try(['run', BUSYBOX, 'nosuch']);
    expect(ran.code).to.equal(127);
    expect(ran.stderr).to.include('exec: "nosuch": executable file not found in $PATH');
  });

  it('and shows their logs, those to come too', async () => {
    await docker.ok('run', '--detach', '--name', 'logs', ...script('for i in 1 2 3; do echo line $i; sleep 0.2; done'));
    expect(await docker.lines('logs', '--follow', 'logs')).to.deep.equal(['line 1', 'line 2', 'line 3']);
    expect(await docker.lines('logs', '--tail', '1', 'logs')).to.deep.equal(['line 3']);
    const [stamped = ''] = await docker.lines('logs', '--timestamps', 'logs');
    expect(stamped).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z line 1$/);
  });

  it('and commands beside them', async () => {
    await docker.ok('run', '--detach', '--name', 'exec', '--env', 'A=1', ...script('sleep 1000'));
    expect(await docker.ok('exec', '--env', 'B=2', '--workdir', '/tmp', 'exec', 'sh', '-c', 'echo $A$B $PWD')).to.equal(
      '12 /tmp',
    );
    expect((await docker.try(['exec', 'exec', 'false'])).code).to.equal(1);
    const fed = await docker.try(['exec', '--interactive', 'exec', 'wc', '-c'], { input: Buffer.from('12345') });
    expect(fed.stdout.trim()).to.equal('5');
    const titles = ['PID', 'CMD'];
    expect((await docker.lines('top', 'exec')).at(0)?.split(/ +/)).to.include.members(titles);
  });

  it('and copies files into and out of them', async () => {
    await docker.ok('create', '--name', 'copy', ...script('cat /tmp/in'));
    await writeFile(join(folder, 'in'), 'from here');
    await docker.ok('cp', join(folder, 'in'), 'copy:/tmp/in');
    expect(await docker.ok('start', '--attach', 'copy')).to.equal('from here');
    await docker.ok('cp', 'copy:/tmp/in', join(folder, 'out'));
    expect(await readFile(join(folder, 'out'), 'utf8')).to.equal('from here');
    expect(await docker.lines('diff', 'copy')).to.deep.equal(['C /tmp', 'A /tmp/in']);
    expect(await docker.fails('cp', 'copy:/nosuch', join(folder, 'x'))).to.match(/Could not find the file \/nosuch/);
  });

  it('and kills, waits for, renames, pauses and updates them', async () => {
    await docker.ok('run', '--detach', '--name', 'one', ...script('sleep 1000'));
    await docker.ok('rename', 'one', 'two');
    await docker.ok('pause', 'two');
    expect(await status('two')).to.equal('paused');
    await docker.ok('unpause', 'two');
    await docker.ok('update', '--restart', 'on-failure:2', 'two');
    expect(await docker.ok('inspect', '--format', '{{json .HostConfig.RestartPolicy}}', 'two')).to.equal(
      '{"Name":"on-failure","MaximumRetryCount":2}',
    );
    await docker.ok('update', '--restart', 'no', 'two');
    const waiting = docker.ok('wait', 'two');
    await docker.ok('kill', '--signal', 'KILL', 'two');
    expect(await waiting).to.equal('137');
  });

  it('and measures them', async () => {
    await docker.ok('run', '--detach', '--name', 'stats', ...script('sleep 1000'));
    const [row = ''] = await docker.lines('stats', '--no-stream', '--format', '{{.Name}}|{{.CPUPerc}}|{{.PIDs}}');
    expect(row).to.match(/^stats\|\d+\.\d+%\|\d+$/);
  });

  it('and makes images of them', async () => {
    await docker.ok('run', '--name', 'made', ...script('echo made > /made'));
    await docker.ok('commit', '--change', 'CMD ["cat","/made"]', 'made', 'made:1');
    expect(await docker.ok('run', '--rm', 'made:1')).to.equal('made');
    expect(await docker.fails('rmi', BUSYBOX)).to.match(/conflict: unable to (?:delete|remove repository reference)/);
    await docker.ok('rmi', 'made:1');
  });

  it('and tells what happens to them', async () => {
    const since = new Date().toISOString();
    await docker.try(['run', '--name', 'told', ...script('exit 5')]);
    const format = '{{.Type}} {{.Action}}{{if eq .Action "die"}} {{index .Actor.Attributes "exitCode"}}{{end}}';
    const events = await docker.lines(
      ...['events', '--since', since, '--until', new Date().toISOString(), '--filter', 'container=told'],
      ...['--filter', 'type=container', '--format', format],
    );
    expect(events).to.deep.equal(['container create', 'container attach', 'container start', 'container die 5']);
  });

  it('that share a volume', async () => {
    await docker.ok('volume', 'create', '--label', 'x=y', 'shared');
    await docker.ok('run', '--rm', '--volume', 'shared:/data', ...script('echo kept > /data/file'));
    expect(await docker.ok('run', '--rm', '--volume', 'shared:/data', ...script('cat /data/file'))).to.equal('kept');
    expect(await docker.lines('volume', 'ls', '--quiet', '--filter', 'label=x=y')).to.deep.equal(['shared']);
    await docker.ok('volume', 'rm', 'shared');
    expect(await docker.fails('volume', 'inspect', 'shared')).to.match(/no such volume/i);
  });

  it('on a network of their own', async function () {
    const [other] = await docker.lines('network', 'ls', '--quiet', '--filter', 'name=bridge');
    if (other === undefined) skip(this, 'the daemon has no bridge network');
    await docker.ok('network', 'create', '--subnet', '10.213.0.0/24', 'own');
    await docker.ok('run', '--detach', '--name', 'member', '--network', 'own', ...script('sleep 1000'));
    const address = '{{.NetworkSettings.Networks.own.IPAddress}}';
    expect(await docker.ok('inspect', '--format', address, 'member')).to.equal('10.213.0.2');
    expect(await docker.fails('network', 'rm', 'own')).to.include('has active endpoints');
    await docker.ok('network', 'disconnect', 'own', 'member');
    await docker.ok('network', 'rm', 'own');
  });

  it('and cleans up after them', async () => {
    await docker.ok('run', '--name', 'rest', ...script('true'));
    const rows = await docker.lines('system', 'df', '--format', '{{.Type}}|{{.TotalCount}}|{{.Active}}');
    expect(rows).to.include('Containers|1|0').and.to.include('Images|1|1');
    expect(await docker.ok('system', 'prune', '--force')).to.match(/^Deleted Containers:\n[0-9a-f]{64}\n/);
    expect(await docker.lines('ps', '--all', '--quiet')).to.deep.equal([]);
    expect(await docker.lines('images', '--quiet')).to.have.length(1);
  });

  it('and lets go of one that a detached client leaves', async () => {
    const client = spawn(path, ['--host', daemon.host, 'run', '--name', 'left', ...script('echo up; sleep 1000')]);
    client.on('error', () => {});
    await once(client.stdout, 'data');
    client.kill('SIGKILL');
    await once(client, 'close');
    expect(await status('left')).to.equal('running');
  });
});
