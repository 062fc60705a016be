import { readFile, writeFile } from 'node:fs/promises';
import type { Target } from './target.js';

const fileOf = (name: string): URL => new URL(`corpus/${name}.json`, import.meta.url);

/** The inputs that are committed for a target, one string each, whose characters are the bytes. */
export async function readCorpus({ name }: Target): Promise<readonly Buffer[]> {
  const text = await readFile(fileOf(name), 'utf8').catch(() => '[]');
  return (JSON.parse(text) as readonly string[]).map((input) => Buffer.from(input, 'latin1'));
}

/** The inputs that a target begins with. */
export async function seedsOf({ seeds }: Target): Promise<readonly Buffer[]> {
  const all = typeof seeds === 'function' ? await seeds() : seeds;
  return all.map((seed) => (typeof seed === 'string' ? Buffer.from(seed) : seed));
}

/** Replace the inputs that are committed for a target. */
export async function writeCorpus({ name }: Target, inputs: readonly Buffer[]): Promise<void> {
  const texts = inputs.map((input) => input.toString('latin1')).sort();
  await writeFile(fileOf(name), `${JSON.stringify(texts, null, 1)}\n`);
}
