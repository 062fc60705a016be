import { parseHost, type Target } from '../../src/client/target.js';
import type { FeatureName } from '../../src/conformance/index.js';
import { startServer } from '../../src/server/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { readTool } from '../helpers/options.js';
import { harmless } from './harmless.js';
import { baseline, failures, judge, type Verdict } from './judge.js';
import { FaultyProxy } from './proxy.js';
import { areas } from './table/index.js';

const help = `usage: make mutants [ARGS="OPTIONS"]

Puts one fault at a time between the conformance suite and the reference server; every one must be caught by a
failed MUST. Exit status: 0 all caught, 1 some survived, 2 usage, 3 the server does not pass without faults.

  --host URL    a daemon instead of the reference server; it is pruned
  --only TEXT   only the areas and mutants whose name holds TEXT
  --harmless    instead of faults, changes that no client may mind; none may fail a MUST
  --first       stop at the first requirement that catches a mutant: much faster
  --json        verdicts as JSON

example: make mutants ARGS="--only statement"
`;

/** Try every harmless change by itself, with all requirements. */
async function tolerated(proxy: FaultyProxy, only: string, claimed: readonly FeatureName[]): Promise<number> {
  const tried = harmless.filter(({ id }) => id.includes(only));
  let good = 0;
  for (const change of tried) {
    proxy.mutant = change;
    const failed = await failures(proxy, [], true, claimed);
    if (failed.length === 0) good += 1;
    process.stdout.write(`${failed.length === 0 ? 'ok    ' : 'not ok'} ${change.id.padEnd(36)} ${failed.join(', ')}\n`);
  }
  process.stdout.write(`${good} of ${tried.length} harmless changes tolerated\n`);
  return good === tried.length && good > 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = readTool({
    name: 'mutants',
    help,
    options: {
      host: { type: 'string' },
      only: { type: 'string' },
      harmless: { type: 'boolean' },
      first: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const server =
    values.host === undefined ? await startServer({ channel: 'experimental', logLevel: 'error' }) : undefined;
  const target: Target = parseHost(values.host ?? server?.hosts[0] ?? '');
  const proxy = await FaultyProxy.start(target);
  try {
    const sound = async (asked?: readonly string[]): Promise<readonly FeatureName[]> => {
      const { failing, features } = await baseline(proxy, asked);
      if (failing.length > 0) throw new AttestdError('INTERNAL', `without any fault these fail: ${failing.join(', ')}`);
      return features;
    };
    if (values.harmless) return await tolerated(proxy, values.only ?? '', await sound());
    let every: Promise<readonly FeatureName[]> | undefined;
    const whole = (): Promise<readonly FeatureName[]> => (every ??= sound());
    const verdicts: Verdict[] = [];
    const say = (line: string): unknown => values.json || process.stdout.write(`${line}\n`);
    for (const area of areas) {
      const { only = '' } = values;
      const mutants = area.mutants.filter(({ id }) => area.name.includes(only) || id.includes(only));
      if (mutants.length === 0) continue;
      const claimed = await sound(area.only);
      for (const mutant of mutants) {
        const verdict = await judge(proxy, area, mutant, claimed, whole, values.first);
        verdicts.push(verdict);
        const [first, ...more] = verdict.caughtBy;
        const by = first === undefined ? 'SURVIVED' : `${first}${more.length > 0 ? ` +${more.length}` : ''}`;
        say(`${first === undefined ? 'not ok' : 'ok    '} ${mutant.id.padEnd(36)} ${by}`);
      }
    }
    const survived = verdicts.filter(({ caughtBy }) => caughtBy.length === 0);
    const caught = verdicts.length - survived.length;
    if (values.json) process.stdout.write(`${JSON.stringify({ caught, of: verdicts.length, verdicts }, null, 2)}\n`);
    say(`${caught} of ${verdicts.length} mutants caught`);
    return survived.length === 0 && verdicts.length > 0 ? 0 : 1;
  } finally {
    await proxy.close();
    await server?.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`mutants: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof AttestdError ? error.exitCode : 2;
  },
);
