import type { Report, ReportedResult } from './model.js';
import { counted, storeText, totalsText } from './terminal.js';

/** Text for a table cell. */
export function cell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ').trim();
}

/** Formats any text as inline code. */
export function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${space}${text.replace(/\s+/g, ' ').replaceAll('|', '\\|')}${space}${fence}`;
}

const clip = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---|').join('')}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
}

function failures(title: string, results: readonly ReportedResult[]): string[] {
  if (results.length === 0) return [];
  const rows = results.map(({ id, title: what, failure, reason, deviation }) => [
    code(id),
    cell(what),
    code(clip(failure?.expected ?? '')),
    code(clip(failure?.actual ?? reason)),
    cell(deviation?.behaviour ?? (reason || failure?.message || '')),
  ]);
  return [`### ${title}`, '', ...table(['requirement', 'what', 'expected', 'actual', ''], rows)];
}

/** A report as Markdown, for the summary of a CI job. */
export function renderMarkdown(report: Report): string {
  const { daemon, results, run, schema, totals } = report;
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const of = (level: string): ReportedResult[] =>
    failed.filter((result) => result.level === level && !result.deviation);
  return [
    `## Conformance of ${cell(daemon.title)} (API ${daemon.apiVersion}, ${daemon.platform}, ${storeText(daemon)})`,
    '',
    `Tested as API ${run.apiVersion}: ${totalsText(totals)}${report.knownDeviations > 0 ? `, of these ${counted(report.knownDeviations, 'known deviation')}` : ''}.${run.interrupted ? ' **The run was interrupted.**' : ''}`,
    '',
    ...table(
      ['profile', 'verdict', 'requirements'],
      report.profiles.map(({ name, verdict, totals: counted }) => [name, verdict, totalsText(counted)]),
    ),
    ...failures('Failed MUST', of('MUST')),
    ...failures('Failed SHOULD', of('SHOULD')),
    ...failures(
      'Known deviations',
      failed.filter(({ deviation }) => deviation),
    ),
    ...failures(
      'Blocked',
      results.filter(({ outcome }) => outcome === 'blocked'),
    ),
    ...failures(
      'Suite errors',
      results.filter(({ outcome }) => outcome === 'error'),
    ),
    '### Features',
    '',
    ...table(
      ['feature', 'channel', 'state', 'requirements', 'evidence'],
      report.features.map((feature) => [
        feature.name,
        feature.channel,
        feature.state,
        totalsText(feature.totals),
        cell(clip(feature.evidence)),
      ]),
    ),
    ...(schema.findings.length > 0
      ? [
          `### Answers against the description (${schema.checked} checked)`,
          '',
          ...table(
            ['kind', 'answer of', 'place', 'what', 'example', 'times'],
            schema.findings.map((finding) => [
              finding.kind,
              finding.operationId,
              code(finding.place || '/'),
              cell(finding.message),
              code(clip(finding.example)),
              String(finding.count),
            ]),
          ),
        ]
      : []),
  ].join('\n');
}
