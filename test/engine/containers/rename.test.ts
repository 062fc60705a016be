import { expect } from 'chai';
import { inspectContainer } from '../../../src/engine/containers/inspect.js';
import { renameContainer } from '../../../src/engine/containers/rename.js';
import { startContainer } from '../../../src/engine/containers/run/start.js';
import { parsed } from '../support.js';
import { type ContainerEngine, create, openContainers } from './support.js';

describe('a new name of a container', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
  });
  afterEach(() => engine.close());

  const names = async (id: string, network: string): Promise<string[] | null> =>
    parsed(await inspectContainer(engine.context, id, { apiVersion: '1.55', size: false })).NetworkSettings.Networks[
      network
    ].DNSNames;

  for (const network of ['none', 'bridge'])
    it(`is found in ${network} from then on when it runs, and not before`, async () => {
      const { context } = engine;
      const options = { Hostname: 'host', HostConfig: { NetworkMode: network } };
      const { id } = await create(context, options, 'web');
      renameContainer(context, 'web', 'web2');
      expect(await names(id, network)).to.equal(null);
      await startContainer(context, id);
      renameContainer(context, 'web2', 'web3');
      expect(await names(id, network)).to.deep.equal(['web3', id.slice(0, 12), 'host']);
      expect(context.networks.resolve(network).endpoints.get(id)?.name).to.equal('web3');
    });
});
