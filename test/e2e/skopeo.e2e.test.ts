import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import Docker from 'dockerode';
import { skip } from '../helpers/record.js';
import { type Daemon, startDaemon } from './support/daemon.js';
import { ATTESTED } from './support/images.js';
import { run } from './support/run.js';
import { describeWith, SKOPEO } from './support/tools.js';

/** The names in the index of an OCI image layout. */
async function names(layout: string): Promise<(string | undefined)[]> {
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
    manifests: { annotations?: Record<string, string> }[];
  };
  return index.manifests.map((entry) => entry.annotations?.['org.opencontainers.image.ref.name']);
}

describeWith(SKOPEO, 'skopeo', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;
  let docker: Docker;
  let folder: string;

  /** Runs skopeo, which must succeed, without the machine's trust policy. */
  const skopeo = async (command: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(path, ['--insecure-policy', command, ...args]);
    if (code !== 0) throw new Error(`skopeo ${command} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
    return stdout.trim();
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-skopeo-'));
    daemon = await startDaemon();
    docker = new Docker({ socketPath: daemon.socket });
    await skopeo('copy', '--all', `oci-archive:${ATTESTED.tar}`, `oci:${join(folder, 'layout')}:attested`);
  });

  after(async () => {
    for (const image of await docker.listImages({ all: true })) await docker.getImage(image.Id).remove({ force: true });
    await daemon?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('copies an image of one platform into the daemon and out again', async () => {
    const layout = `oci:${join(folder, 'layout')}:attested`;
    const target = 'docker-daemon:attestd-e2e-skopeo:amd64';
    await skopeo('--override-arch', 'amd64', 'copy', layout, target, '--dest-daemon-host', daemon.host);
    const image = await docker.getImage('attestd-e2e-skopeo:amd64').inspect();
    expect(image).to.include({ Architecture: 'amd64', Os: 'linux' });

    const back = join(folder, 'back');
    await skopeo('copy', '--src-daemon-host', daemon.host, target, `oci:${back}:back`);
    expect(await names(back)).to.deep.equal(['back']);
    const config = JSON.parse(await skopeo('inspect', '--config', `oci:${back}:back`)) as {
      rootfs: { diff_ids: string[] };
    };
    expect(config.rootfs.diff_ids).to.deep.equal(image.RootFS.Layers);
  });

  it('inspects an image in the daemon', async () => {
    const options = ['--daemon-host', daemon.host, '--format', '{{.Architecture}} {{.Labels}}'];
    expect(await skopeo('inspect', ...options, 'docker-daemon:attestd-e2e-skopeo:amd64')).to.equal(
      'amd64 map[org.opencontainers.image.title:hello]',
    );
  });

  it('reads the folder of the store as an OCI image layout', async function () {
    if (daemon.store === undefined) skip(this, 'the daemon of ATTESTD_E2E_HOST has no store folder');
    await docker.loadImage(ATTESTED.tar).then((stream) => new Promise((resolve) => stream.resume().on('end', resolve)));
    // index.json follows the journal in the background.
    while (!(await names(daemon.store)).includes('attested')) await sleep(20);
    const raw = await skopeo('inspect', '--raw', `oci:${daemon.store}:attested`);
    expect((JSON.parse(raw) as { manifests: unknown[] }).manifests).to.have.length(4);
    const copy = join(folder, 'copy');
    await skopeo('copy', '--all', `oci:${daemon.store}:attested`, `oci:${copy}:attested`);
    expect(await skopeo('inspect', '--raw', `oci:${copy}:attested`)).to.equal(raw);
  });

  it('writes an OCI image layout that the server serves', async () => {
    const store = join(folder, 'written');
    const attested = join(folder, 'layout');
    await skopeo('copy', '--all', `oci:${attested}:attested`, `oci:${store}:docker.io/library/attestd-e2e:written`);
    const serving = await startDaemon([], store);
    try {
      const image = await new Docker({ socketPath: serving.socket }).getImage('attestd-e2e:written').inspect();
      expect(image).to.deep.include({ Id: ATTESTED.index, RepoTags: ['attestd-e2e:written'] });
    } finally {
      await serving.stop();
    }
  });
});
