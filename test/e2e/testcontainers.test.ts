import { expect } from 'chai';
import type { GenericContainer as Generic, Wait as Waits } from 'testcontainers';
import { startDaemon } from '../../src/testing/server.js';
import { BUSYBOX, busyboxArchive } from './support/busybox.js';

const script = `
scripts:
  - name: web
    match: { command: ["serve"] }
    steps: [{ stdout: "up\\n" }]
`;

describe('testcontainers', function () {
  this.timeout(60_000);
  let daemon: Awaited<ReturnType<typeof startDaemon>>;
  let GenericContainer: typeof Generic;
  let Wait: typeof Waits;
  void script;

  before(async () => {
    daemon = await startDaemon({ images: [busyboxArchive()] });
    // Its reaper is an image of its own, and it looks for the daemon when it is loaded.
    Object.assign(process.env, daemon.dockerHost, { TESTCONTAINERS_RYUK_DISABLED: 'true' });
    ({ GenericContainer, Wait } = await import('testcontainers'));
  });
  after(async () => {
    delete process.env.DOCKER_HOST;
    delete process.env.TESTCONTAINERS_RYUK_DISABLED;
    await daemon?.close();
  });

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
});
