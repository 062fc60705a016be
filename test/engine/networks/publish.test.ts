import { expect } from 'chai';
import type { Container } from '../../../src/engine/containers/container.js';
import type { PortMap } from '../../../src/engine/networks/port.js';
import { PublishedPorts } from '../../../src/engine/networks/publish.js';
import { rejected } from '../../oci/support/rejected.js';

describe('Published ports', () => {
  let ports: PublishedPorts;
  beforeEach(() => {
    ports = new PublishedPorts();
  });
  afterEach(() => ports.close());

  const container = (id: string): Container => ({ id, plainName: id, networks: new Map() }) as unknown as Container;
  const any = (count: number): PortMap =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i + 1}/tcp`, [{ HostIp: '', HostPort: '' }]]));

  it('are free again once their container lets go of them', async () => {
    const first = await ports.publish(container('first'), any(1));
    const port = first['1/tcp']?.[0]?.HostPort ?? '';
    const same = { '80/tcp': [{ HostIp: '', HostPort: port }] };
    expect(await rejected(ports.publish(container('second'), same))).to.have.property('code', 'INTERNAL');
    ports.release('first');
    expect((await ports.publish(container('second'), same))['80/tcp']?.[0]?.HostPort).to.equal(port);
  });

  it('are the next ones of a range that are free', async () => {
    const { '1/tcp': bound } = await ports.publish(container('first'), any(1));
    const start = Math.min(Number(bound?.[0]?.HostPort), 65_000);
    const range = { '80/tcp': [{ HostIp: '', HostPort: `${start}-${start + 500}` }] };
    const numbers = [];
    for (const id of ['second', 'third'])
      numbers.push(Number((await ports.publish(container(id), range))['80/tcp']?.[0]?.HostPort));
    expect(new Set(numbers).size).to.equal(2);
  });

  it('are so many at most, are given back when there would be more, and leave time to others', async () => {
    let turns = 0;
    const others = setInterval(() => turns++, 1);
    expect(await rejected(ports.publish(container('first'), any(3000)))).to.have.property('code', 'INTERNAL');
    clearInterval(others);
    expect(turns).to.be.greaterThan(2);
    await ports.publish(container('second'), any(10));
  });
});
