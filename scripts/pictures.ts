/** Makes the pictures of the README: `tsx scripts/pictures.ts [--check]`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { partsPicture } from './pictures/parts.js';
import { terminalPictures } from './pictures/terminal.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const check = process.argv.includes('--check');
let drift = 0;
for (const [name, text] of Object.entries({
  'docs/pictures/parts.svg': partsPicture(root),
  ...(await terminalPictures()),
})) {
  const path = join(root, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (check) {
    process.stderr.write(`${name} differs from what 'make gen' makes\n`);
    drift++;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stdout.write(`wrote ${name}\n`);
  }
}
process.exitCode = drift > 0 ? 1 : 0;
