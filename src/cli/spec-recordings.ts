import { apiVersion } from '../generated/operations.js';
import { account, readDeviations } from '../spec/deviations.js';
import { judgeRecordings, type Verdict } from '../spec/recordings.js';
import { AttestdError } from '../support/foundation/errors.js';
import { command as define } from './command.js';

const flags = {
  known: { type: 'string', value: 'FILE', help: 'known deviations; the packaged api/deviations.yaml without it' },
  oldest: { type: 'string', value: 'VERSION', help: 'the oldest API version of the recorded daemon; 1.40 without it' },
  newest: { type: 'string', value: 'VERSION', help: "its newest API version; the description's without it" },
  json: { type: 'boolean', help: 'report as JSON' },
} as const;

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
  if (!/^\d+\.\d+$/.test(value))
    throw new AttestdError('USAGE', `--${name} '${value}' is not an API version such as 1.40`);
  return value;
}

interface Report {
  readonly exchanges: number;
  readonly conforming: number;
  readonly outside: Readonly<Record<string, number>>;
  readonly known: Accounts['covered'];
  readonly unaccounted: Accounts['unaccounted'];
}

type Accounts = ReturnType<typeof account>;

function writeText(report: Report, checked: number): void {
  const { conforming, known, unaccounted } = report;
  const rows: [string | number, string][] = [
    [conforming, 'conform'],
    ...Object.entries(report.outside).map(([reason, count]): [number, string] => [count, `outside: ${reason}`]),
    [checked - conforming, 'deviate, with findings:'],
    ...Object.entries(known).map(([id, count]): [number, string] => [count, `  ${id}`]),
    [unaccounted.length, '  not accounted for'],
  ];
  process.stdout.write(`${report.exchanges} exchanges\n`);
  for (const [count, text] of rows) process.stdout.write(`${String(count).padStart(6)} ${text}\n`);
  for (const { exchange, operationId, status, pointer, message } of unaccounted)
    process.stdout.write(`${exchange}: ${operationId} ${status} ${pointer || '/'}: ${message}\n`);
}

/** `attestd spec validate-recordings`. */
export const command = define(
  {
    positionals: ['DIR'],
    flags,
    notes: [
      `Every exchange in DIR (*.json, lists of {request, response}) is held against the description, as it stood at the
      API version of the request. Status, body and unknown members count.`,
    ],
    exitCodes: '0 everything is accounted for, 1 something is not, 2 usage',
    example: 'attestd spec validate-recordings test/golden/recordings',
  },
  ({ values, positionals }) => {
    const { oldest = '1.40', newest = apiVersion } = values;
    const range = [versionFlag('oldest', oldest), versionFlag('newest', newest)] as const;
    const verdicts = judgeRecordings(positionals[0] as string, range);
    const { unaccounted, covered } = account(verdicts, readDeviations(values.known));
    const checked = verdicts.filter(({ outside }) => outside === undefined);
    const conforming = checked.filter(({ check }) => check.violations.length + check.unknown.length === 0).length;
    const report = { exchanges: verdicts.length, conforming, outside: countBy(verdicts), known: covered, unaccounted };
    if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else writeText(report, checked.length);
    return unaccounted.length > 0 ? 1 : 0;
  },
);
