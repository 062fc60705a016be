import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED, PLAIN, short } from './support/images.js';
import { DOCKER, describeWith } from './support/tools.js';

interface EventLine {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Record<string, string> };
  readonly timeNano: number;
}

describeWith(DOCKER, 'the docker CLI watches the daemon', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;
  let docker: DockerCli;

  before(async () => {
    daemon = await startDaemon();
    docker = new DockerCli(path, daemon.host);
    await docker.ok('load', '--input', ATTESTED.tar);
    await docker.ok('load', '--input', PLAIN.tar);
  });

  after(async () => {
    await docker.try(['rmi', '--force', ATTESTED.name, PLAIN.name]);
    await daemon?.stop();
  });

  it('by system df', async () => {
    const rows = await docker.lines('system', 'df', '--format', '{{.Type}}|{{.TotalCount}}|{{.Active}}');
    expect(rows).to.deep.equal(['Images|2|0', 'Containers|0|0', 'Local Volumes|0|0', 'Build Cache|0|0']);
  });

  it('by system df --verbose', async () => {
    const report = await docker.lines('system', 'df', '--verbose');
    const header = report.findIndex((line) => line.startsWith('REPOSITORY'));
    expect(report[header]).to.match(/SHARED SIZE +UNIQUE SIZE +CONTAINERS$/);
    const rows = report.slice(header + 1, header + 3);
    expect(rows.find((row) => /^hello +attested /.test(row)))
      .to.include(short(ATTESTED.index))
      .and.to.match(/ 0$/);
    // What both images hold of linux/amd64 is shared, so nothing of the smaller one is its own.
    expect(rows.find((row) => /^hello +plain /.test(row))).to.match(/kB +[0-9.]+kB +0B +0$/);
  });

  describe('by events', () => {
    const seconds = (nanoseconds: number): string => (nanoseconds / 1e9).toFixed(9);
    const events = async (...args: string[]): Promise<EventLine[]> =>
      (await docker.lines('events', '--format', 'json', '--until', seconds(Date.now() * 1e6), ...args)).map(
        (line) => JSON.parse(line) as EventLine,
      );

    it('that have been', async () => {
      const since = seconds(Date.now() * 1e6);
      await docker.ok('tag', ATTESTED.name, 'attestd-e2e-events:1');
      await docker.ok('rmi', 'attestd-e2e-events:1');
      const seen = await events('--since', since);
      expect(seen.map((event) => `${event.Type} ${event.Action}`)).to.deep.equal(['image tag', 'image untag']);
      expect(seen.map((event) => event.Actor.ID)).to.deep.equal([ATTESTED.index, ATTESTED.index]);
      expect(seen.map((event) => event.Actor.Attributes.name)).to.deep.equal([
        'attestd-e2e-events:1',
        'attestd-e2e-events:1',
      ]);
    });

    it('that the filters let through', async () => {
      expect(await events('--since', '1', '--filter', 'type=container')).to.deep.equal([]);
      const loads = await events('--since', '1', '--filter', 'event=load', '--filter', `image=${ATTESTED.index}`);
      expect(loads).not.to.deep.equal([]);
      for (const load of loads) {
        expect(load).to.include({ Type: 'image', Action: 'load' });
        expect(load.Actor.Attributes.name).to.equal(ATTESTED.index);
      }
    });

    it('as they come', async () => {
      const env = { ...process.env, DOCKER_HOST: daemon.host, DOCKER_CONTEXT: '' };
      const listener = spawn(path, ['events', '--filter', 'type=image', '--format', '{{.Action}} {{.ID}}'], {
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = once(listener, 'exit');
      try {
        const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
        const first = lines.next();
        let heard = false;
        first.then(() => {
          heard = true;
        });
        // When the listener is connected cannot be seen from outside, so the event is repeated until it is heard.
        while (!heard) await docker.ok('tag', ATTESTED.name, 'attestd-e2e-events:2');
        expect((await first).value).to.equal(`tag ${ATTESTED.index}`);
        await docker.ok('rmi', 'attestd-e2e-events:2');
        let last = (await lines.next()).value as string;
        while (last.startsWith('tag ')) last = (await lines.next()).value as string;
        expect(last).to.equal(`untag ${ATTESTED.index}`);
      } finally {
        listener.kill('SIGINT');
        await ended;
      }
    });
  });

  it('without a network: search names the index that it could not ask', async () => {
    expect(await docker.fails('search', 'attestd')).to.include('index.docker.io/v1/search?q=attestd');
  });

  it('without a network: pull of an unknown image fails', async () => {
    const message = await docker.fails('pull', 'attestd-e2e-nowhere:1');
    expect(message).to.include('docker.io/library/attestd-e2e-nowhere:1');
  });

  it('without a network: push fails', async () => {
    await docker.fails('push', ATTESTED.name);
    expect(await docker.fails('push', 'attestd-e2e-nowhere:1')).to.match(/does not exist|not found|No such image/i);
  });
});
