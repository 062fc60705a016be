import { AttestdError } from '../errors.js';
import { type Comparison, compareDescriptions } from '../spec/diff.js';
import { readOperand } from '../spec/diff-operand.js';
import { jsonReport, markdownReport, textReport } from '../spec/diff-report.js';
import { type CommandLine, palette, parseCommandLine } from './arguments.js';

const flags = {
  format: { type: 'string', value: 'NAME', help: 'text (the default), markdown or json' },
  json: { type: 'boolean', help: 'the same as --format json' },
  'fail-on': { type: 'string', value: 'WHAT', help: 'exit 1 for a breaking change (breaking), or for any (any)' },
} as const;

const line: CommandLine<typeof flags> = {
  name: 'spec diff',
  summary: 'Show what changes between two descriptions, and whom it breaks.',
  positionals: ['OLD', 'NEW'],
  flags,
  notes: [
    `OLD and NEW are 1.54, 1.55 or 1.55+experimental (built in), a file (Swagger 2.0 or OpenAPI 3, YAML or JSON), or REV:path
(a file of a git revision). Each change is breaking, additive or documentation, for clients and for servers; docs/spec.md
has the rules.`,
    `exit codes: 0 compared, 1 compared and --fail-on applies, 2 usage or an operand that cannot be read
example: attestd spec diff origin/main:api/swagger.yaml api/swagger.yaml --fail-on breaking`,
  ],
};

function choice<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new AttestdError('USAGE', `spec diff: --${flag} '${value}' is none of ${allowed.join(', ')}`);
}

function write(comparison: Comparison, format: 'text' | 'markdown' | 'json'): void {
  if (format === 'json') process.stdout.write(jsonReport(comparison));
  else if (format === 'markdown') process.stdout.write(markdownReport(comparison));
  else {
    const { red, green, dim } = palette(process.stdout);
    process.stdout.write(textReport(comparison, { breaking: red, additive: green, documentation: dim }));
  }
}

function fails({ changes }: Comparison, on: 'breaking' | 'any' | undefined): boolean {
  if (on === 'any') return changes.length > 0;
  return on === 'breaking' && changes.some(({ clients, servers }) => clients === 'breaking' || servers === 'breaking');
}

/**
 * Runs `attestd spec diff`.
 *
 * @param args operands and flags
 * @returns the exit code: 1 when `--fail-on` applies
 * @throws AttestdError USAGE or INVALID_ARGUMENT
 */
export async function run(args: string[]): Promise<number> {
  const parsed = parseCommandLine(line, args);
  if (!parsed) return 0;
  const { values, positionals } = parsed;
  const format = choice('format', values.format ?? (values.json ? 'json' : 'text'), ['text', 'markdown', 'json']);
  const failOn = values['fail-on'];
  const on = failOn === undefined ? undefined : choice('fail-on', failOn, ['breaking', 'any']);
  const [from, to] = positionals as [string, string];
  const comparison = compareDescriptions(readOperand(from), readOperand(to));
  if (!values.quiet || format !== 'text') write(comparison, format);
  return fails(comparison, on) ? 1 : 0;
}
