import { expect } from 'chai';
import { foundingTypes, foundSwarm, joinSwarm } from '../../src/engine/swarm-founding.js';
import { decodeJson, type GoType } from '../../src/go/json.js';
import { refusal } from './support.js';

const local = { ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1' };
const read = <T>(type: GoType<T>, body: object): T => decodeJson(Buffer.from(JSON.stringify(body)), type);
const found = (body: object): Promise<readonly [string, string]> =>
  refusal(async () => foundSwarm(read(foundingTypes.init, { ...local, ...body })));
const join = (body: object): Promise<readonly [string, string]> =>
  refusal(async () => joinSwarm(read(foundingTypes.join, { ...local, RemoteAddrs: ['127.0.0.1:1'], ...body })));

/** What each request is answered, as dockerd 29.7.2 answered it; a swarm is what it founded where NOT_IMPLEMENTED stands. */
const founding: readonly (readonly [object, string])[] = [
  [{ ListenAddr: '' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: 'x' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: 'nosuchcard:2377' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: '[::1:2377' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: 'a:b:c' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: '::1' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: '[::1]' }, 'NOT_IMPLEMENTED'],
  [{ ListenAddr: '127.0.0.1' }, 'NOT_IMPLEMENTED'],
  [{ ListenAddr: 'lo:2377' }, 'NOT_IMPLEMENTED'],
  [{ ListenAddr: ':2377' }, 'NOT_IMPLEMENTED'],
  [{ ListenAddr: '127.0.0.1:abc' }, 'INTERNAL'],
  [{ ListenAddr: '127.0.0.1:99999' }, 'INTERNAL'],
  [{ AdvertiseAddr: 'x' }, 'INVALID_ARGUMENT'],
  [{ AdvertiseAddr: '0.0.0.0' }, 'INVALID_ARGUMENT'],
  [{ AdvertiseAddr: '[::' }, 'INVALID_ARGUMENT'],
  [{ AdvertiseAddr: '127.0.0.1:abc' }, 'NOT_IMPLEMENTED'],
  [{ AdvertiseAddr: 'lo' }, 'NOT_IMPLEMENTED'],
  [{ DataPathAddr: '0.0.0.0' }, 'INVALID_ARGUMENT'],
  [{ DataPathAddr: 'lo:1' }, 'INVALID_ARGUMENT'],
  [{ DataPathPort: 1023 }, 'INTERNAL'],
  [{ DataPathPort: 49152 }, 'INTERNAL'],
  [{ DataPathPort: 1024 }, 'NOT_IMPLEMENTED'],
  [{ DefaultAddrPool: ['10.0.0.0/8'], SubnetSize: 30 }, 'INTERNAL'],
  [{ DefaultAddrPool: ['10.0.0.0/8'], SubnetSize: 4 }, 'INTERNAL'],
  [{ DefaultAddrPool: ['10.0.0.0/28'] }, 'INTERNAL'],
  [{ DefaultAddrPool: ['10.0.0.1/8'] }, 'NOT_IMPLEMENTED'],
  [{ SubnetSize: 31 }, 'NOT_IMPLEMENTED'],
  [{ Availability: 'zz' }, 'INTERNAL'],
  [{ Availability: 'Active' }, 'NOT_IMPLEMENTED'],
  [{ Spec: { Name: 'zz' }, DataPathPort: 5 }, 'INVALID_ARGUMENT'],
  [{ Spec: { CAConfig: { NodeCertExpiry: 5 } } }, 'INTERNAL'],
  [{ Spec: { CAConfig: { ExternalCAs: [{ Protocol: 'zz' }] } } }, 'INTERNAL'],
  [{ Spec: { CAConfig: { SigningCAKey: 'x' } } }, 'INTERNAL'],
  [{ Spec: { Dispatcher: { HeartbeatPeriod: -1 } } }, 'INTERNAL'],
  [{}, 'NOT_IMPLEMENTED'],
];

const joining: readonly (readonly [object, string])[] = [
  [{ ListenAddr: '' }, 'INVALID_ARGUMENT'],
  [{ RemoteAddrs: [] }, 'INVALID_ARGUMENT'],
  [{ RemoteAddrs: undefined, ListenAddr: 'x' }, 'INVALID_ARGUMENT'],
  [{ RemoteAddrs: [''] }, 'INVALID_ARGUMENT'],
  [{ DataPathAddr: 'zz', JoinToken: 'x' }, 'INVALID_ARGUMENT'],
  [{ Availability: 'zz', JoinToken: 'x' }, 'INTERNAL'],
  [{ AdvertiseAddr: 'zz', JoinToken: 'x' }, 'INTERNAL'],
  [{ JoinToken: 'x' }, 'INTERNAL'],
  [{ JoinToken: `SWMTKN-1-${'a'.repeat(50)}-${'b'.repeat(25)}` }, 'NOT_IMPLEMENTED'],
];

describe('A swarm, which the server does not found', () => {
  it('is refused as a daemon refuses it, where it would', async () => {
    for (const [body, code] of founding) expect((await found(body))[0], JSON.stringify(body)).to.equal(code);
  });

  it('is not joined for the reasons that a daemon would have', async () => {
    for (const [body, code] of joining) expect((await join(body))[0], JSON.stringify(body)).to.equal(code);
  });

  it('has its data path looked at before its pools, and both before the availability', async () => {
    const all = {
      DataPathAddr: 'zz',
      DataPathPort: 5,
      DefaultAddrPool: ['10.0.0.0/8'],
      SubnetSize: 33,
      Availability: 'zz',
    };
    expect((await found(all))[1]).to.match(/^data path address/);
    expect((await found({ ...all, DataPathAddr: '' }))[1]).to.match(/^Datapath port number/);
    expect((await found({ ...all, DataPathAddr: '', DataPathPort: 0 }))[1]).to.equal('subnet size is out of range: 33');
  });
});
