/** Writes the documentation as a static site: `tsx scripts/docs.ts FOLDER`. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from '../src/cli/program.js';
import { patch } from './docs/marks.js';
import { makeSite } from './docs/site.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: tsx scripts/docs.ts FOLDER');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const { documents, scripts, files } = makeSite(root, patch(), 'report.html');
for (const [file, text] of [...documents, ...scripts]) writeFileSync(join(folder, file), text);
for (const path of files) {
  mkdirSync(join(folder, 'files', dirname(path)), { recursive: true });
  cpSync(join(root, path), join(folder, 'files', path));
}
await execute(['conformance', '--quiet', '--html', join(folder, 'report.html')]);
process.stdout.write(`wrote ${documents.size} pages to ${folder}: open ${join(folder, 'index.html')}\n`);
