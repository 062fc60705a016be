import { collectStoreFolder } from '../server/store-maintenance.js';
import { command as define } from './command.js';
import { printJson, printLines } from './output.js';
import { layoutFolder } from './store-check.js';

const flags = { json: { type: 'boolean', help: 'report as JSON: the blobs that were deleted' } } as const;

/** `attestd store gc`. */
export const command = define(
  {
    flags,
    positionals: ['DIR'],
    notes: ['No other program may be writing to the folder: blobs that it has not named yet would be deleted.'],
    example: 'attestd store gc ./store',
  },
  async ({ values, positionals: [folder = ''] }) => {
    const deleted = await collectStoreFolder(await layoutFolder(folder));
    const bytes = deleted.reduce((sum, { size }) => sum + size, 0);
    if (values.json) printJson(deleted);
    else printLines([`deleted ${deleted.length} blobs, ${bytes} bytes`]);
    return 0;
  },
);
