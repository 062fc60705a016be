import type { Report, ReportedExchange, ReportedResult, Totals } from './model.js';

const clip = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

/** Counts as words, zeros left out. */
export function totalsText(totals: Totals): string {
  const parts = Object.entries(totals).filter(([, n]) => n > 0);
  return parts.length === 0 ? 'nothing' : parts.map(([outcome, n]) => `${n} ${outcome}`).join(', ');
}

function exchangeText({ request, status, headers, body, broken }: ReportedExchange): string[] {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  return [`      > ${clip(request, 200)}`, `      < ${broken ?? `${status} ${type}`} ${clip(body.trimEnd(), 300)}`];
}

function failureText(result: ReportedResult): string[] {
  const { failure, exchanges, deviation, level, id, title, pointer } = result;
  return [
    `  ${level} ${id}: ${title}`,
    `    ${failure?.message ?? result.reason}`,
    `      expected  ${clip(failure?.expected ?? '', 300)}`,
    `      actual    ${clip(failure?.actual ?? '', 300)}`,
    ...exchanges.slice(-1).flatMap(exchangeText),
    ...(pointer ? [`      api/swagger.yaml#${pointer}`] : []),
    ...(deviation ? [`      known: ${deviation.behaviour} (${deviation.evidence})`] : []),
  ];
}

function section(title: string, results: readonly ReportedResult[]): string[] {
  return results.length === 0 ? [] : [`${title}:`, ...results.flatMap(failureText), ''];
}

/** A count with its noun. */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** The image store of a daemon with its driver. */
export function storeText({ store, driver }: Report['daemon']): string {
  return store === 'containerd' ? 'containerd image store' : `graph driver ${driver}`;
}

/** Columns that tables are made for. */
const columns = 80;

/** Renders the summary of a run for a terminal: failures, features, profiles, totals. */
export function renderTerminal(report: Report): string {
  const { daemon, results, run, schema } = report;
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const blocked = new Map<string, number>();
  for (const { blockedBy } of results) if (blockedBy) blocked.set(blockedBy, (blocked.get(blockedBy) ?? 0) + 1);
  const lacking = report.features.filter(({ state }) => state === 'unsupported');
  const deviating = schema.findings.filter(({ kind }) => kind === 'deviation').length;
  const unknown = schema.findings.length - deviating;
  const width = Math.max(...report.profiles.map(({ name }) => name.length));
  return [
    ...section(
      'suite errors',
      results.filter(({ outcome }) => outcome === 'error'),
    ),
    ...section(
      'failed MUST',
      failed.filter(({ level, deviation }) => level === 'MUST' && !deviation),
    ),
    ...section(
      'failed SHOULD',
      failed.filter(({ level, deviation }) => level === 'SHOULD' && !deviation),
    ),
    ...section(
      'known deviations',
      failed.filter(({ deviation }) => deviation),
    ),
    ...[...blocked].map(([by, n]) => `blocked by ${by}: ${counted(n, 'requirement')}`),
    ...(blocked.size > 0 ? [''] : []),
    ...lacking.map(({ name, evidence }) => `unsupported ${name}: ${evidence}`),
    ...(lacking.length > 0 ? [''] : []),
    `${daemon.title} (API ${daemon.apiVersion}, ${daemon.platform}, ${storeText(daemon)}), tested as API ${run.apiVersion}`,
    `  at ${daemon.address}`,
    ...report.profiles.flatMap(({ name, verdict, totals }) => {
      const [head, counts] = [`  ${name.padEnd(width)}  ${verdict}`, `(${totalsText(totals)})`];
      return head.length + 1 + counts.length <= columns
        ? [`${head} ${counts}`]
        : [head, `${' '.repeat(width + 4)}${counts}`];
    }),
    ...(schema.checked > 0
      ? [
          `${schema.checked} answers checked against the description: ${counted(deviating, 'deviation')}, ${counted(unknown, 'unknown field')}`,
        ]
      : []),
    ...(report.repaired.length > 0
      ? ['known deviations that this daemon does not show:', ...report.repaired.map((id) => `  ${id}`)]
      : []),
    ...(report.expired.length > 0
      ? ['known deviations whose date has passed:', ...report.expired.map((id) => `  ${id}`)]
      : []),
    ...(run.leftovers.length > 0 ? [`could not be removed: ${run.leftovers.join(', ')}`] : []),
    ...(run.interrupted ? ['interrupted: the rest was not tested'] : []),
    `${totalsText(report.totals)}${report.knownDeviations > 0 ? ` (${counted(report.knownDeviations, 'known deviation')} among the failed)` : ''} in ${(report.durationMs / 1000).toFixed(1)} s`,
    '',
  ].join('\n');
}
