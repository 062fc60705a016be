import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkStoreFolder, type FolderReport } from '../server/store-maintenance.js';
import { AttestdError } from '../support/foundation/errors.js';
import { command as define } from './command.js';
import { printJson, printLines } from './output.js';

const flags = {
  repair: { type: 'boolean', help: 'delete broken blobs, so that loading their images again brings them' },
  json: { type: 'boolean', help: 'report as JSON' },
} as const;

/**
 * Returns the given directory if it is an image layout. Creates nothing.
 *
 * @throws AttestdError USAGE
 */
export async function layoutFolder(folder: string): Promise<string> {
  if (await stat(join(folder, 'oci-layout')).catch(() => undefined)) return folder;
  throw new AttestdError('USAGE', `'${folder}' is no store: it has no oci-layout file`);
}

function lines(report: FolderReport): string[] {
  const { images, blobs, bytes, broken, absent, unusable, orphans, repaired, stray } = report;
  return [
    `${images} images, ${blobs} blobs, ${bytes} bytes`,
    ...broken.map(({ digest, size }) => `broken: ${digest} (${size} bytes)${repaired ? ', deleted' : ''}`),
    ...unusable.map((name) => `unusable until it is loaded again: ${name}`),
    ...absent.map((digest) => `absent: ${digest}`),
    ...orphans.map(({ digest, size }) => `no image leads to ${digest} (${size} bytes)`),
    ...stray.map((path) => `no blob: ${path}`),
  ];
}

/** `attestd store check`. */
export const command = define(
  {
    flags,
    positionals: ['DIR'],
    notes: ['Absent blobs are those of platforms that were not loaded, as a rule. `attestd store gc` deletes orphans.'],
    exitCodes: '0 sound, 1 a blob is broken or an image unusable, 2 usage',
    example: 'attestd store check --repair ./store',
  },
  async ({ values, positionals: [folder = ''] }) => {
    const report = await checkStoreFolder(await layoutFolder(folder), values.repair === true);
    if (values.json) printJson(report);
    else printLines(lines(report));
    return report.broken.length > 0 || report.unusable.length > 0 ? 1 : 0;
  },
);
