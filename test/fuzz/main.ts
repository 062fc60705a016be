import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../src/oci/digest.js';
import { readTool } from '../helpers/options.js';
import { anySeed } from '../helpers/random.js';
import { writeCorpus } from './corpus.js';
import { runHunt } from './run.js';
import { targets } from './targets/index.js';

const help = `usage: make fuzz [ARGS="OPTIONS"]

Changes inputs of every parser, keeps those that reach code which no other did, and reports what is not taken as it
should: another error than the table's, a broken property, more than 2 s of work, no end. Exit status: 0 nothing found,
1 something was found, 2 usage.

  --seconds N    for each target; 10 without it
  --only NAME    one target: ${targets.map(({ name }) => name).join(', ')}
  --seed N       of the first target; printed without it
  --save         replace the corpus that is committed by the one that was found

What was found lies in build/fuzz afterwards.

example: make fuzz ARGS="--only tar --seconds 60"
`;

const folder = 'build/fuzz';

async function main(): Promise<number> {
  const { values } = readTool({
    name: 'fuzz',
    help,
    options: {
      seconds: { type: 'number', default: 10 },
      only: { type: 'string' },
      seed: { type: 'number', whole: true },
      save: { type: 'boolean' },
    },
    check: ({ only }) =>
      only === undefined || targets.some(({ name }) => name === only)
        ? undefined
        : `--only: there is no target '${only}'`,
  });
  const { seed: first = anySeed(), seconds, only, save } = values;
  const chosen = targets.filter(({ name }) => only === undefined || name === only);
  const module = new URL('targets/index.ts', import.meta.url).href;
  let found = 0;
  let runs = 0;
  let spent = 0;
  for (const [at, target] of chosen.entries()) {
    const seed = first + at;
    const run = await runHunt({ module, name: target.name, seconds, seed });
    runs += run.runs;
    spent += run.spent;
    found += run.findings.length;
    process.stdout.write(
      `${target.name.padEnd(16)} seed ${seed}: ${run.runs} inputs, ${run.corpus.length} kept, ` +
        `${run.functions} functions reached, slowest ${Math.round(run.slowest)} ms, ${run.findings.length} findings\n`,
    );
    for (const { input, what } of run.findings) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${target.name}-${digestOf(input).slice(7, 19)}`);
      await writeFile(path, input);
      process.stdout.write(`  ${path}: ${what}\n`);
    }
    if (save && run.findings.length === 0) await writeCorpus(target, run.corpus);
  }
  process.stdout.write(`${runs} inputs, ${Math.round(spent / 1000)} s of processor time, ${found} findings\n`);
  return found === 0 ? 0 : 1;
}

process.exitCode = await main();
