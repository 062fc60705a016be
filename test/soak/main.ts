import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { anySeed, Random } from '../support/random.js';
import { KillSoak } from './kills.js';
import { LossSoak } from './losses.js';

const help = `usage: make soak [ARGS="OPTIONS"]

Kills a server under load at random moments, and cuts the power of a store on a simulated disk whose operations wait and
fail; each time everything that was acknowledged must be there, whole. Exit status: 0 it was, 1 something was lost,
2 usage.

  --minutes N  end after that, half for kills and half for power losses; 2 without it
  --kills N    end the kills after so many
  --losses N   end the power losses after so many
  --seed N     of both; printed without it

example: make soak ARGS="--kills 2000 --losses 10000 --minutes 120"
`;

/** Milliseconds between two lines about how far it has come. */
const pace = 15_000;

function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      kills: { type: 'string', default: '1000000' },
      losses: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: `${anySeed()}` },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'minutes' | 'kills' | 'losses' | 'seed'): number => {
    const value = Number(values[name]);
    if (!(value >= 0)) throw new Error(`--${name}: '${values[name]}' is no number`);
    return value;
  };
  return {
    help: values.help,
    minutes: number('minutes'),
    kills: number('kills'),
    losses: number('losses'),
    seed: number('seed'),
  };
}

interface Outcome {
  readonly violations: readonly string[];
}

/** Rounds until a time or a count; says how far it has come. */
async function run(
  name: string,
  soak: { readonly outcome: Outcome; round(at: number): Promise<void> },
  end: number,
  enough: () => boolean,
): Promise<number> {
  const tell = (): void => {
    const { violations, ...counts } = soak.outcome;
    const parts = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
    process.stdout.write(`${name}: ${parts.join(', ')}, ${violations.length} violations\n`);
  };
  let told = performance.now();
  let shown = 0;
  for (let round = 0; performance.now() < end && !enough(); round++) {
    await soak.round(round);
    for (const violation of soak.outcome.violations.slice(shown)) process.stdout.write(`  ${violation}\n`);
    shown = soak.outcome.violations.length;
    if (performance.now() - told < pace) continue;
    told = performance.now();
    tell();
  }
  tell();
  return soak.outcome.violations.length;
}

async function main(): Promise<number> {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments();
  } catch (error) {
    process.stderr.write(`soak: ${(error as Error).message}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const { seed, minutes } = options;
  process.stdout.write(`seed ${seed}\n`);
  const half = minutes * 30_000;
  const losses = new LossSoak(new Random(seed));
  let violations = 0;
  violations += await run(
    'power losses',
    losses,
    performance.now() + half,
    () => losses.outcome.losses >= options.losses,
  );
  const kills = await KillSoak.start(new Random(seed));
  try {
    violations += await run('kills', kills, performance.now() + half, () => kills.outcome.kills >= options.kills);
  } finally {
    await kills.end();
  }
  return violations === 0 ? 0 : 1;
}

process.exitCode = await main();
