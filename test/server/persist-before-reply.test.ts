import { expect } from 'chai';
import type { StateKeeper } from '../../src/engine/state/keeper.js';
import { operations } from '../../src/generated/operations.js';
import { persistBeforeReply } from '../../src/server/persist-before-reply.js';
import type { OperationEntry } from '../../src/spec/table.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { rejected } from '../oci/support/rejected.js';

const operation = (id: string): OperationEntry =>
  operations.find(({ operationId }) => operationId === id) as OperationEntry;

describe('What requests change', () => {
  it('is kept before it is answered, and refused when nothing more is kept, but for how containers end with the daemon', async () => {
    const touched: string[] = [];
    let closed = false;
    const keeper = {
      get closed() {
        return closed;
      },
      markContainer: (id: string) => touched.push(id),
      markContainers: () => touched.push('all'),
      flush: async () => {
        if (closed) throw new AttestdError('UNAVAILABLE', 'the daemon is ending');
      },
    };
    const settle = persistBeforeReply(keeper as unknown as StateKeeper);
    await settle(operation('ContainerWait'), { id: 'one' });
    await settle(operation('NetworkConnect'), { id: 'net' });
    expect(touched).to.deep.equal(['one', 'all']);
    closed = true;
    await settle(operation('ContainerWait'), { id: 'one' });
    expect(await rejected(settle(operation('ContainerStart'), { id: 'one' }))).to.have.property('code', 'UNAVAILABLE');
  });
});
