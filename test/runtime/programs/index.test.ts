import { expect } from 'chai';
import { allPrograms } from '../../../src/runtime/programs/all.js';
import { programs } from '../../../src/runtime/programs/index.js';

describe('the programs that the runtime has', () => {
  it('are named before they are read', () => {
    expect([...programs.keys()].sort()).to.deep.equal([...allPrograms.keys()].sort());
  });
});
