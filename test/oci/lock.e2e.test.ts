import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openLayout } from '../../src/oci/layout.js';
import { skip } from '../helpers/record.js';
import { rejected } from './support/rejected.js';

const writer = fileURLToPath(new URL('support/crash-writer.ts', import.meta.url));

/** A process that sees none of the others, as in another container; the host name is the same. */
const apart = ['--pid', '--fork', '--kill-child', '--mount-proc'];
if (process.getuid?.() !== 0) apart.unshift('--user', '--map-root-user');

describe('The lock of a store, between processes that do not see each other', () => {
  let folder: string;

  before(function () {
    const { status } = spawnSync('unshare', [...apart, 'true'], { stdio: 'ignore' });
    if (status === 0) return;
    skip(this, 'unshare cannot create a PID namespace here (run as root, or allow user namespaces)');
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-lock-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const writeApart = (): ChildProcess =>
    spawn('unshare', [...apart, process.execPath, '--import', 'tsx', writer, folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('is held by one in another namespace of process ids, until that one is killed', async () => {
    const holder = writeApart();
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
    expect(await rejected(openLayout(folder))).to.have.property('code', 'ALREADY_EXISTS');
    holder.kill('SIGKILL');
    await once(holder, 'close');
    await (await openLayout(folder)).close();
  });

  it('keeps one in another namespace of process ids out', async () => {
    const store = await openLayout(folder);
    const other = writeApart();
    let said = '';
    let complaint = '';
    other.stdout?.on('data', (piece: Buffer) => {
      said += piece.toString();
      other.kill('SIGKILL');
    });
    other.stderr?.on('data', (piece: Buffer) => (complaint += piece.toString()));
    const [status] = await once(other, 'close');
    await store.close();
    expect([said, status]).to.deep.equal(['', 1]);
    expect(complaint).to.include('ALREADY_EXISTS');
  });
});
