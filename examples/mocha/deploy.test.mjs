import assert from 'node:assert/strict';
import { image } from 'attestd/fixtures';
import { startDaemon } from 'attestd/server';
import Docker from 'dockerode';
import { mayBeDeployed } from './deploy.mjs';

const builtBy = (name, id) => image(name).provenance({ runDetails: { builder: { id } } });

describe('an image', () => {
  let daemon;
  let docker;

  before(async () => {
    const trusted = builtBy('trusted:1', 'https://builder.example/trusted');
    const stranger = builtBy('stranger:1', 'https://builder.example/other');
    daemon = await startDaemon({ images: [trusted, stranger, 'attestd/no-attestations'], platform: 'linux/amd64' });
    docker = new Docker(daemon.connection);
  });

  afterEach(() => daemon.reset());
  after(() => daemon.close());

  it('may be deployed when the trusted builder made it', async () => {
    assert.equal(await mayBeDeployed(docker, 'trusted:1'), true);
    assert.deepEqual(
      daemon.requests.map(({ operationId }) => operationId),
      ['ImageList'],
    );
  });

  it('may not be deployed when somebody else did, or nobody knows', async () => {
    assert.equal(await mayBeDeployed(docker, 'stranger:1'), false);
    assert.equal(await mayBeDeployed(docker, 'attestd/no-attestations'), false);
  });

  it('may be removed in one test and is there again in the next', async () => {
    await docker.getImage('trusted:1').remove();
    assert.equal(await mayBeDeployed(docker, 'trusted:1'), false);
    await daemon.reset();
    assert.equal(await mayBeDeployed(docker, 'trusted:1'), true);
  });
});
