import { type CaseResult, runCases } from '../policy/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import { command as define } from './command.js';
import { palette } from './output.js';

const flags = { json: { type: 'boolean', help: 'write results as JSON' } } as const;

async function collect(folder: string, take: (result: CaseResult) => void): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  try {
    for await (const result of runCases(folder)) {
      results.push(result);
      take(result);
    }
    return results;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('USAGE', error.message, { cause: error });
  }
}

/** `attestd policy test FOLDER`. */
export const command = define(
  {
    positionals: ['FOLDER'],
    flags,
    notes: [
      `Each file in YAML names a policy and has cases: an input, and what the policy must decide about it
      (schemas/policy-cases-1.0.json). No daemon is needed.`,
    ],
    exitCodes: '0 all passed, 1 one failed, 2 usage',
    example: 'attestd policy test examples/policies/cases',
  },
  async ({ values, positionals: [folder = ''] }) => {
    const { green, red } = palette(process.stdout);
    const told = !values.json;
    const results = await collect(folder, ({ file, name, faults }) => {
      const passed = faults.length === 0;
      if (!told || (passed && values.quiet)) return;
      const lines = [
        `${passed ? green('passed') : red('failed')} ${file}: ${name}`,
        ...faults.map((one) => `  ${one}`),
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    });
    const failed = results.filter(({ faults }) => faults.length > 0).length;
    if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    else process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
    return failed > 0 ? 1 : 0;
  },
);
