/** Writes comparisons in SARIF 2.1.0, for code scanning. */
import type { Change, Comparison } from './diff.js';
import { Lines } from './diff-annotate.js';
import type { ReportOptions } from './diff-report.js';
import { rowsOf, type Severity } from './diff-rows.js';
import { type RuleId, rules } from './diff-rules.js';

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

/**
 * Writes a comparison in SARIF, with a result for each row.
 *
 * @param comparison the comparison, without accepted changes
 * @param options further input of the report
 * @param target the path of the new description in the repository, and its text. Undefined for a built-in description
 * @returns a SARIF log as JSON, with a line feed
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifReport(
  comparison: Comparison,
  options: ReportOptions,
  target: { readonly file: string; readonly text: string } | undefined,
): string {
  const lines = target && new Lines(target.text, target.file);
  const { rows } = rowsOf(comparison, options.judge);
  const used = [...new Set(rows.map(({ rule }) => rule))].sort() as RuleId[];
  const results = rows.map((row) => {
    const [first] = row.changes as [Change];
    const place = target && lines && { uri: target.file, line: lines.of(first) };
    return {
      ruleId: row.rule,
      level: levels[row.severity],
      message: { text: `${row.places.join(', ')}: ${row.message}` },
      ...(place && {
        locations: [{ physicalLocation: { artifactLocation: { uri: place.uri }, region: { startLine: place.line } } }],
      }),
      // The line moves with other changes; the place does not.
      partialFingerprints: { place: `${row.rule} ${row.places.join(', ')}` },
    };
  });
  const driver = {
    name: 'attestd spec diff',
    rules: used.map((id) => ({ id, shortDescription: { text: rules[id].title } })),
  };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
