import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { image } from '../../../src/testing/fixtures.js';
import type { Daemon } from './daemon.js';

/** The image of the tests with containers; its shell and programs are those that the reference server simulates. */
export const BUSYBOX = 'sim/busybox:1';

const programs =
  'sh cat date echo env false head hostname id kill ls mkdir nc ps rm sleep tail test touch true wc whoami';

/**
 * The archive of {@link BUSYBOX}. A real daemon needs an image with real programs, which ATTESTD_E2E_BUSYBOX names.
 */
export function busyboxArchive(): Buffer {
  const given = process.env.ATTESTD_E2E_BUSYBOX;
  if (given !== undefined && given !== '') return readFileSync(given);
  const files = programs
    .split(' ')
    .map((name) => [`/bin/${name}`, { content: `\x7fELF${name}`, mode: 0o755 }] as const);
  return image(BUSYBOX)
    .config({ Env: ['PATH=/bin'], Cmd: ['sh'] })
    .layer({ ...Object.fromEntries(files), '/tmp/': '', '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n' })
    .toArchive();
}

/** Load {@link BUSYBOX} into a daemon. */
export async function loadBusybox({ socket }: Daemon): Promise<void> {
  const docker = new Docker({ socketPath: socket });
  const progress = await docker.loadImage(Readable.from([busyboxArchive()]));
  progress.resume();
  await once(progress, 'end');
  await docker.getImage(BUSYBOX).inspect();
}
