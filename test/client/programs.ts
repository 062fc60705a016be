import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const page = new URL('../../docs/reference/policy.md', import.meta.url);
const library = new URL('../../src/client/index.ts', import.meta.url).href;

/** Write the programs of docs/reference/policy.md to a folder, with the library in place of the package's name. */
export async function unpack(folder: string): Promise<void> {
  const text = await readFile(page, 'utf8');
  for (const [, name = '', program = ''] of text.matchAll(/```js file=(\S+)\n([\s\S]*?)```/g))
    await writeFile(join(folder, name), program.replaceAll("'attestd/client'", JSON.stringify(library)));
}
