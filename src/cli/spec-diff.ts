import { catalogue } from '../conformance/catalogue.js';
import { judgesOf } from '../conformance/judged.js';
import { type Comparison, compareDescriptions } from '../spec/diff.js';
import { annotations } from '../spec/diff-annotate.js';
import { fileOf, isBuiltInAgainstFile, readOperand } from '../spec/diff-operand.js';
import { accept, judgeBy, readAcceptances, readGravity, structureOnly } from '../spec/diff-policy.js';
import { jsonReport, markdownReport, type ReportOptions, textReport } from '../spec/diff-report.js';
import { type Row, rowsOf } from '../spec/diff-rows.js';
import { sarifReport } from '../spec/diff-sarif.js';
import { command as define } from './command.js';
import { palette } from './output.js';

const flags = {
  format: {
    type: 'string',
    value: 'NAME',
    choices: ['text', 'markdown', 'json', 'github', 'sarif'],
    help: 'default: text; github writes annotations with file and line, sarif a log for code scanning',
  },
  json: { type: 'boolean', help: 'the same as --format json' },
  all: { type: 'boolean', help: 'list folded changes in text: texts, marks, named schemas' },
  severity: { type: 'string', value: 'FILE', help: 'severities of rules: a YAML mapping under severity' },
  accept: {
    type: 'string',
    value: 'FILE',
    help: 'accepted changes with reasons: a YAML list under accept',
  },
  'no-requirements': { type: 'boolean', help: 'do not name conformance requirements' },
  'fail-on': {
    type: 'string',
    value: 'WHAT',
    choices: ['breaking', 'warning', 'any'],
    help: 'exit 1 for an error, for an error or a warning, or for any change',
  },
} as const;

type Format = 'text' | 'markdown' | 'json' | 'github' | 'sarif';

function report(comparison: Comparison, format: Format, options: ReportOptions, now: string): string {
  if (format === 'json') return jsonReport(comparison, options);
  if (format === 'markdown') return markdownReport(comparison, options);
  if (format === 'github') return annotations(comparison, options, fileOf(now));
  if (format === 'sarif') return sarifReport(comparison, options, fileOf(now));
  const { red, yellow, dim } = palette(process.stdout);
  const paint = { error: red, warning: yellow, info: dim };
  const severities = Object.entries(paint).map(([name, style]) => [name, (text: string) => `${style(text)}`]);
  return textReport(comparison, { ...options, paint: Object.fromEntries(severities) });
}

function fails(
  comparison: Comparison,
  options: ReportOptions,
  on: 'breaking' | 'warning' | 'any' | undefined,
): boolean {
  if (on === undefined) return false;
  if (on === 'any') return comparison.changes.length > 0;
  const { rows } = rowsOf(comparison, options.judge);
  return rows.some(({ severity }) => severity === 'error' || (on === 'warning' && severity === 'warning'));
}

/** `attestd spec diff`. */
export const command = define(
  {
    positionals: ['OLD', 'NEW'],
    flags,
    notes: [
      `OLD and NEW are 1.54, 1.55, 1.55+experimental or 1.56 (built in), a file (Swagger 2.0 or OpenAPI 3, YAML or JSON), or
      REV:path (a file of a git revision). Each row is an error (clients can fail), a warning (clients may be surprised) or
      info; docs/reference/spec.md has the rules. A built-in version and a file are compared by structure only: texts, marks
      and Go keywords of the built-in versions are specific to attestd.`,
    ],
    exitCodes: '0 compared, 1 compared and --fail-on applies, 2 usage or an operand that cannot be read',
    example: 'attestd spec diff main:api/swagger.yaml api/swagger.yaml --fail-on breaking',
  },
  ({ values, positionals }) => {
    const [from, to] = positionals as [string, string];
    const entries = values.accept === undefined ? [] : readAcceptances(values.accept);
    const gravity = values.severity === undefined ? new Map() : readGravity(values.severity);
    const all = compareDescriptions(readOperand(from), readOperand(to));
    const { comparison, accepted, unused } = accept(isBuiltInAgainstFile(from, to) ? structureOnly(all) : all, entries);
    const options: ReportOptions = {
      judge: judgeBy(gravity),
      accepted,
      unused,
      all: values.all ?? false,
      ...(!values['no-requirements'] && { requirements: ({ changes }: Row) => judgesOf(changes, catalogue) }),
    };
    const format = values.format ?? (values.json ? 'json' : 'text');
    if (!values.quiet || format !== 'text') process.stdout.write(report(comparison, format, options, to));
    return fails(comparison, options, values['fail-on']) ? 1 : 0;
  },
);
