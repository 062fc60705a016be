import { image } from 'attestd/fixtures';
import { startDaemon } from 'attestd/server';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mayBeDeployed } from './deploy.mjs';

const builtBy = (name, id) => image(name).provenance({ runDetails: { builder: { id } } });

describe('an image', () => {
  let daemon;
  let docker;

  beforeAll(async () => {
    const trusted = builtBy('trusted:1', 'https://builder.example/trusted');
    const stranger = builtBy('stranger:1', 'https://builder.example/other');
    daemon = await startDaemon({ images: [trusted, stranger, 'attestd/no-attestations'], platform: 'linux/amd64' });
    docker = new Docker(daemon.connection);
  });

  afterEach(() => daemon.reset());
  afterAll(() => daemon.close());

  it('may be deployed when the trusted builder made it', async () => {
    expect(await mayBeDeployed(docker, 'trusted:1')).toBe(true);
    expect(daemon.requests.map(({ operationId }) => operationId)).toEqual(['ImageList']);
  });

  it('may not be deployed when somebody else did, or nobody knows', async () => {
    expect(await mayBeDeployed(docker, 'stranger:1')).toBe(false);
    expect(await mayBeDeployed(docker, 'attestd/no-attestations')).toBe(false);
  });

  it('may be removed in one test and is there again in the next', async () => {
    await docker.getImage('trusted:1').remove();
    expect(await mayBeDeployed(docker, 'trusted:1')).toBe(false);
    await daemon.reset();
    expect(await mayBeDeployed(docker, 'trusted:1')).toBe(true);
  });
});
