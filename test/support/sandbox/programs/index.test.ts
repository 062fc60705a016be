import { expect } from 'chai';
import { allPrograms } from '../../../../src/support/sandbox/programs/all.js';
import { programs } from '../../../../src/support/sandbox/programs/index.js';

describe('the programs that the runtime has', () => {
  it('are named before they are read', () => {
    expect([...programs.keys()].sort()).to.deep.equal([...allPrograms.keys()].sort());
  });
});
