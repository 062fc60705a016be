import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { digestOf } from '../../src/oci/digest.js';
import { anySeed } from '../support/random.js';
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

function readArguments() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '10' },
      only: { type: 'string' },
      seed: { type: 'string' },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [seconds, seed] = [Number(values.seconds), Number(values.seed ?? anySeed())];
  if (!(seconds > 0)) throw new Error(`--seconds: '${values.seconds}' is no number of seconds`);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed: '${values.seed}' is no whole number`);
  const chosen = targets.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) throw new Error(`--only: there is no target '${values.only}'`);
  return { ...values, seconds, seed, chosen };
}

async function main(): Promise<number> {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments();
  } catch (error) {
    process.stderr.write(`fuzz: ${(error as Error).message}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const module = new URL('targets/index.ts', import.meta.url).href;
  let found = 0;
  let runs = 0;
  let spent = 0;
  for (const [at, target] of options.chosen.entries()) {
    const seed = options.seed + at;
    const run = await runHunt({ module, name: target.name, seconds: options.seconds, seed });
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
    if (options.save && run.findings.length === 0) await writeCorpus(target, run.corpus);
  }
  process.stdout.write(`${runs} inputs, ${Math.round(spent / 1000)} s of processor time, ${found} findings\n`);
  return found === 0 ? 0 : 1;
}

process.exitCode = await main();
