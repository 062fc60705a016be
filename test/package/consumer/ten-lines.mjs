import assert from 'node:assert/strict';
import { image } from 'attestd/fixtures';
import { startDaemon } from 'attestd/server';
import Docker from 'dockerode';

const daemon = await startDaemon({ images: ['attestd/five-platforms', image('app:1').sbom()] });
const docker = new Docker(daemon.connection);
assert.deepEqual((await docker.listImages()).flatMap(({ RepoTags }) => RepoTags).sort(), [
  'app:1',
  'attestd/five-platforms:latest',
]);
assert.equal(daemon.requests[0]?.operationId, 'ImageList');
await daemon.close();
