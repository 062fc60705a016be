import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openLayout } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { temporaryFolder } from './support/images.js';
import { rejected } from './support/rejected.js';

const crashWriter = fileURLToPath(new URL('support/crash-writer.ts', import.meta.url));

describe('an image layout', () => {
  let folder: string;
  let store: LayoutStore;

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await openLayout(folder);
  });

  afterEach(() => store.close());

  it('is free again when its holder was killed, and not while that is only stopped', async () => {
    await store.close();
    const holder = spawn(process.execPath, ['--import', 'tsx', crashWriter, folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    holder.kill('SIGSTOP');
    expect(await rejected(openLayout(folder))).to.have.property('code', 'ALREADY_EXISTS');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    store = await openLayout(folder);
  });
});
