import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { digestOf } from '../../src/oci/digest.js';
import { openLayout } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { childrenOf } from '../../src/oci/manifest.js';
import { temporaryFolder } from './support/images.js';

const writer = fileURLToPath(new URL('./support/crash-writer.ts', import.meta.url));

/** Run the writer, kill it a while after it opened the store, and return what it said. */
async function killedWriter(folder: string, seed: number, delay: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, folder, `${seed}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child.stdout, 'data');
  await sleep(delay);
  child.kill('SIGKILL');
  await once(child, 'close');
  return output.split('\n');
}

/** Apply what was acknowledged; return the name that the last, unacknowledged act was about. */
function apply(lines: readonly string[], names: Map<string, string>): string | undefined {
  let pending: string[] = [];
  for (const line of lines) {
    if (line !== 'ok') {
      if (/^(put|remove) /.test(line)) pending = line.split(' ');
      continue;
    }
    const [act, name = '', digest = ''] = pending;
    if (act === 'put') names.set(name, digest);
    else names.delete(name);
    pending = [];
  }
  return pending[1];
}

async function checkWhole(store: LayoutStore): Promise<void> {
  for (const { target } of store.list()) {
    const manifest = await store.content.bytes(target.digest);
    for (const { digest } of [target, ...childrenOf(manifest, target)])
      expect(digestOf(await store.content.bytes(digest))).to.equal(digest);
  }
}

describe('a store whose writer is killed', () => {
  it('opens, holds what was acknowledged, and holds it whole', async function () {
    this.timeout(120_000);
    const folder = await temporaryFolder();
    const names = new Map<string, string>();
    let acknowledged = 0;
    for (let round = 0; round < 5; round++) {
      const lines = await killedWriter(folder, round, 20 + ((round * 37) % 160));
      acknowledged += lines.filter((line) => line === 'ok').length;
      const unsure = apply(lines, names);
      const store = await openLayout(folder);
      await checkWhole(store);
      for (const name of new Set([...names.keys(), ...store.list().map((record) => record.name)]))
        if (name !== unsure) expect(store.get(name)?.target.digest, name).to.equal(names.get(name));
      if (unsure !== undefined) {
        const now = store.get(unsure)?.target.digest;
        if (now === undefined) names.delete(unsure);
        else names.set(unsure, now);
      }
      await store.collect();
      await checkWhole(store);
      expect(await readdir(join(folder, '.attestd', 'ingest'))).to.deep.equal([]);
      await store.close();
    }
    expect(acknowledged).to.be.greaterThan(0);
  });
});
