import { readTool } from '../helpers/options.js';
import { anySeed, Random } from '../helpers/random.js';
import { KillSoak } from './kills.js';
import { LossSoak } from './losses.js';

const help = `usage: make soak [ARGS="OPTIONS"]

Kills a server under load at random moments, and cuts the power of a store on a simulated disk whose operations wait and
fail; each time everything that was acknowledged must be there, whole. Exit status: 0 it was, 1 something was lost,
2 usage.

  --minutes N  end after that, half for kills and half for power losses; 2 without it
  --kills N    end the kills after so many
  --losses N   end the power losses after so many
  --seed N     of both; printed without it. It chooses what is done, and when power and disk fail; how far a store's timers
               have come by then is the machine's, so that a run is not repeated step by step

example: make soak ARGS="--kills 2000 --losses 10000 --minutes 120"
`;

/** Seconds between two lines about how far it has come. */
const pace = 15;

/** Seconds since the process began: the clock of the work stands still now and then (support/turns.ts). */
const now = (): number => process.uptime();

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
  let told = now();
  let shown = 0;
  for (let round = 0; now() < end && !enough(); round++) {
    await soak.round(round);
    for (const violation of soak.outcome.violations.slice(shown)) process.stdout.write(`  ${violation}\n`);
    shown = soak.outcome.violations.length;
    if (now() - told < pace) continue;
    told = now();
    tell();
  }
  tell();
  return soak.outcome.violations.length;
}

async function main(): Promise<number> {
  const { values: options } = readTool({
    name: 'soak',
    help,
    options: {
      minutes: { type: 'number', default: 2 },
      kills: { type: 'number', whole: true, default: 1_000_000 },
      losses: { type: 'number', whole: true, default: 1_000_000 },
      seed: { type: 'number', whole: true },
    },
  });
  const { minutes, seed = anySeed() } = options;
  process.stdout.write(`seed ${seed}\n`);
  const half = minutes * 30;
  const losses = new LossSoak(new Random(seed));
  let violations = 0;
  violations += await run('power losses', losses, now() + half, () => losses.outcome.losses >= options.losses);
  const kills = await KillSoak.start(new Random(seed));
  try {
    violations += await run('kills', kills, now() + half, () => kills.outcome.kills >= options.kills);
  } finally {
    await kills.end();
  }
  return violations === 0 ? 0 : 1;
}

process.exitCode = await main();
