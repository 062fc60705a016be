/** `attestd spec validate-recordings`. */
import { AttestdError } from '../errors.js';
import { apiVersion } from '../generated/operations.js';
import { account, readDeviations } from '../spec/deviations.js';
import { judgeRecordings, type Verdict } from '../spec/recordings.js';
import { parse } from './spec-args.js';

const help = `usage: attestd spec validate-recordings DIR [--known FILE] [--oldest VERSION] [--newest VERSION] [--json]

Holds every recorded exchange in DIR (*.json, lists of {request, response}) against the description, as it stood at the
API version of the request. Status, body and unknown members count.

  --known FILE        known deviations (default: the packaged api/deviations.yaml)
  --oldest VERSION    the oldest API version that the recorded daemon serves (default: 1.40)
  --newest VERSION    its newest API version (default: the description's)
  --json              report as JSON

exit codes: 0 everything is accounted for, 1 something is not, 2 usage
example: attestd spec validate-recordings test/golden/recordings
`;

function countBy(verdicts: readonly Verdict[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outside } of verdicts) {
    if (outside === undefined) continue;
    const reason = outside.replace(/^API version \S+ is/, 'API version');
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

function versionFlag(name: string, value: string): string {
  if (!/^\d+\.\d+$/.test(value)) throw new AttestdError('USAGE', `--${name} ${value} is no API version such as 1.40`);
  return value;
}

/**
 * Runs `attestd spec validate-recordings`.
 *
 * @param args the folder and flags
 * @returns the exit code: 1 when a deviation is not accounted for
 * @throws AttestdError USAGE, NOT_FOUND, INVALID_JSON or INVALID_ARGUMENT
 */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parse(
    args,
    {
      known: { type: 'string' },
      oldest: { type: 'string', default: '1.40' },
      newest: { type: 'string', default: apiVersion },
      json: { type: 'boolean' },
    },
    [1, 1],
  );
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const range = [versionFlag('oldest', values.oldest), versionFlag('newest', values.newest)] as const;
  const verdicts = judgeRecordings(positionals[0] as string, range);
  const { unaccounted, covered } = account(verdicts, readDeviations(values.known));
  const checked = verdicts.filter(({ outside }) => outside === undefined);
  const conforming = checked.filter(({ check }) => check.violations.length === 0 && check.unknown.length === 0).length;
  const report = { exchanges: verdicts.length, conforming, outside: countBy(verdicts), known: covered, unaccounted };
  if (values.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    const rows: [string | number, string][] = [
      [conforming, 'conform'],
      ...Object.entries(report.outside).map(([reason, count]): [number, string] => [count, `outside: ${reason}`]),
      [checked.length - conforming, 'deviate, with findings:'],
      ...Object.entries(covered).map(([id, count]): [number, string] => [count, `  ${id}`]),
      [unaccounted.length, '  not accounted for'],
    ];
    process.stdout.write(`${verdicts.length} exchanges\n`);
    for (const [count, text] of rows) process.stdout.write(`${String(count).padStart(6)} ${text}\n`);
    for (const { exchange, operationId, status, pointer, message } of unaccounted) {
      process.stdout.write(`${exchange}: ${operationId} ${status} ${pointer || '/'}: ${message}\n`);
    }
  }
  return unaccounted.length > 0 ? 1 : 0;
}
