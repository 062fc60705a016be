import { type Comparison, compareDescriptions } from '../spec/diff.js';
import { readOperand } from '../spec/diff-operand.js';
import { jsonReport, markdownReport, textReport } from '../spec/diff-report.js';
import { command as define } from './command.js';
import { palette } from './terminal.js';

const flags = {
  format: { type: 'string', value: 'NAME', choices: ['text', 'markdown', 'json'], help: 'how; text without it' },
  json: { type: 'boolean', help: 'the same as --format json' },
  'fail-on': {
    type: 'string',
    value: 'WHAT',
    choices: ['breaking', 'any'],
    help: 'exit 1 for a breaking change, or for any',
  },
} as const;

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

/** `attestd spec diff`. */
export const command = define(
  {
    positionals: ['OLD', 'NEW'],
    flags,
    notes: [
      `OLD and NEW are 1.54, 1.55 or 1.55+experimental (built in), a file (Swagger 2.0 or OpenAPI 3, YAML or JSON), or
      REV:path (a file of a git revision). Each change is breaking, additive or documentation, for clients and for
      servers; docs/spec.md has the rules.`,
    ],
    exitCodes: '0 compared, 1 compared and --fail-on applies, 2 usage or an operand that cannot be read',
    example: 'attestd spec diff main:api/swagger.yaml api/swagger.yaml --fail-on any',
  },
  ({ values, positionals }) => {
    const [from, to] = positionals as [string, string];
    const comparison = compareDescriptions(readOperand(from), readOperand(to));
    const format = values.format ?? (values.json ? 'json' : 'text');
    if (!values.quiet || format !== 'text') write(comparison, format);
    return fails(comparison, values['fail-on']) ? 1 : 0;
  },
);
