import { expect } from 'chai';
import { startContainer } from '../../../src/engine/containers/run/start.js';
import { refusal } from '../support.js';
import { type ContainerEngine, create, openContainers, run } from './support.js';

describe('Shared memory of a container', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
  });
  afterEach(() => engine.close());

  const mode = (IpcMode: string): object => ({ HostConfig: { NetworkMode: 'none', IpcMode } });

  for (const kind of ['shareable', 'host'])
    it(`is another's that is ${kind}`, async () => {
      const donor = await run(engine.context, mode(kind));
      const guest = await run(engine.context, mode(`container:${donor.id}`));
      expect(guest.sharedMemory).to.equal(donor.sharedMemory);
      expect(donor.sharedMemory).not.to.equal(undefined);
    });

  for (const kind of ['private', 'none'])
    it(`is nobody else's when it is ${kind}`, async () => {
      const donor = await run(engine.context, mode(kind));
      const guest = await create(engine.context, mode(`container:${donor.id}`));
      expect(await refusal(() => startContainer(engine.context, guest.id))).to.deep.equal([
        'INVALID_ARGUMENT',
        `failed to join IPC namespace: container ${donor.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
      ]);
      expect(donor.sharedMemory === undefined).to.equal(kind === 'none');
    });
});
