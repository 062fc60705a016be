import { expect } from 'chai';
import { findProgram, inspectProgram } from '../../../src/support/sandbox/lookup.js';
import { entry, mountable, snapshotOf } from './fs/support.js';

describe('looking at programs', () => {
  it('finds devices, which are none', async () => {
    const { fs } = mountable(await snapshotOf([entry('dev/'), entry('dev/console', { mode: 0o755, text: '' })]));
    const kind = (path: string): unknown => findProgram(fs, path, '', '/');
    expect(kind('/dev/null')).to.deep.equal({ kind: 'not-executable', path: '/dev/null' });
    expect(kind('/dev/console')).to.deep.equal({ kind: 'not-found', path: '/dev/console' });
  });

  it('takes hard links of busybox for its programs, whichever name is the first', async () => {
    const snapshot = await snapshotOf([
      entry('bin/'),
      entry('bin/[', { mode: 0o755, text: '\x7fELF' }),
      entry('bin/busybox', { type: 'hardlink', target: 'bin/[' }),
      entry('bin/awk', { type: 'hardlink', target: 'bin/[' }),
      entry('bin/own', { mode: 0o755, text: '\x7fELF' }),
    ]);
    const { fs } = mountable(snapshot);
    const kind = (path: string): string => inspectProgram(fs, path, () => false).kind;
    expect(kind('/bin/awk')).to.equal('applet');
    expect(kind('/bin/own')).to.equal('foreign');
  });
});
