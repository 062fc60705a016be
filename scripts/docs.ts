/** Writes the reference as static HTML: `tsx scripts/docs.ts FOLDER`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changesPage } from './docs/changes.js';
import { Marks, patch } from './docs/marks.js';
import { referencePage } from './docs/reference.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: tsx scripts/docs.ts FOLDER');
const patched = patch();
const marks = new Marks(patched);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'index.html'), referencePage(patched.after, marks));
writeFileSync(join(folder, 'changes.html'), changesPage(patched, marks));
process.stdout.write(`wrote ${join(folder, 'index.html')} and changes.html\n`);
