import { expect } from 'chai';
import Docker from 'dockerode';
import type { GenericContainer as Generic, Wait as Waits } from 'testcontainers';
import { startDaemon } from '../../src/testing/server.js';
import { BUSYBOX, busyboxArchive } from './support/busybox.js';

const web = {
  name: 'web',
  match: { command: 'web' },
  run: [{ after: '100ms', stdout: 'listening\n' }],
  serves: {
    8080: { from: '200ms', response: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok' },
  },
};

describe('testcontainers', function () {
  this.timeout(60_000);
  let daemon: Awaited<ReturnType<typeof startDaemon>>;
  let docker: Docker;
  let GenericContainer: typeof Generic;
  let Wait: typeof Waits;

  before(async () => {
    daemon = await startDaemon({ images: [busyboxArchive()], scripts: [{ version: '1.0', scripts: [web] }] });
    docker = new Docker(daemon.connection);
    // Its reaper is an image of its own; it looks for the daemon when it is loaded; in a container it would ask a gateway.
    Object.assign(process.env, daemon.dockerHost, {
      TESTCONTAINERS_RYUK_DISABLED: 'true',
      TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
    });
    ({ GenericContainer, Wait } = await import('testcontainers'));
  });
  after(async () => {
    delete process.env.DOCKER_HOST;
    delete process.env.TESTCONTAINERS_RYUK_DISABLED;
    delete process.env.TESTCONTAINERS_HOST_OVERRIDE;
    await daemon?.close();
  });

  const state = async (id: string): Promise<string> => (await docker.getContainer(id).inspect()).State.Status;

  it('waits for a line of the log', async () => {
    await using container = await new GenericContainer(BUSYBOX)
      .withCommand(['sh', '-c', 'sleep 0.2; echo ready; sleep 1000'])
      .withWaitStrategy(Wait.forLogMessage('ready'))
      .start();
    const { output, exitCode } = await container.exec(['echo', 'inside']);
    expect([output.trim(), exitCode]).to.deep.equal(['inside', 0]);
  });

  it('waits for health', async () => {
    await using container = await new GenericContainer(BUSYBOX)
      .withCommand(['sh', '-c', 'sleep 0.2; touch /tmp/up; sleep 1000'])
      .withHealthCheck({ test: ['CMD', 'test', '-f', '/tmp/up'], interval: 100, timeout: 1000, retries: 20 })
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    expect(container.getId()).to.match(/^[0-9a-f]{64}$/);
  });

  it('waits for a port and for an answer over HTTP', async () => {
    await using container = await new GenericContainer(BUSYBOX)
      .withCommand(['web'])
      .withExposedPorts(8080)
      .withWaitStrategy(Wait.forAll([Wait.forListeningPorts(), Wait.forHttp('/', 8080).forStatusCode(200)]))
      .start();
    const answer = await fetch(`http://${container.getHost()}:${container.getMappedPort(8080)}/`);
    expect(await answer.text()).to.equal('ok');
  });

  it('stops one and starts it again', async () => {
    await using container = await new GenericContainer(BUSYBOX)
      .withCommand(['sh', '-c', 'echo ready; sleep 1000'])
      .withWaitStrategy(Wait.forLogMessage('ready'))
      .start();
    await container.restart({ timeout: 0 });
    const stopped = await container.stop({ remove: false, timeout: 0 });
    expect(await state(stopped.getId())).to.equal('exited');
  });

  it('uses one again that it left running', async () => {
    const start = () =>
      new GenericContainer(BUSYBOX)
        .withCommand(['sh', '-c', 'echo ready; sleep 1000'])
        .withWaitStrategy(Wait.forLogMessage('ready'))
        .withReuse()
        .start();
    const first = await start();
    await using second = await start();
    expect(second.getId()).to.equal(first.getId());
  });

  it('fails for one that ends before it is ready, and removes it', async () => {
    const started = new GenericContainer(BUSYBOX)
      .withCommand(['sh', '-c', 'echo broken >&2; exit 3'])
      .withWaitStrategy(Wait.forLogMessage('never').withStartupTimeout(5_000))
      .start();
    const error = await started.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).to.be.instanceOf(Error);
    expect(await docker.listContainers({ all: true, filters: { status: ['exited'] } })).to.have.length(1);
  });
});
