import { type Outcome, outcomes } from '../outcome.js';
import { type Report, type ReportedResult, type Totals, whyOf } from './model.js';

/** A requirement in several runs; undefined where a run does not know it. */
export interface ComparedResult {
  readonly id: string;
  readonly title: string;
  readonly level: string;
  readonly outcomes: readonly (Outcome | undefined)[];
  /** Run details that a comparison shows next to the outcomes. */
  readonly details: readonly string[];
}

/** Several runs side by side; every list has one entry for each, in the order given. */
export interface Comparison {
  readonly runs: readonly { readonly daemon: Report['daemon']; readonly totals: Totals }[];
  /** Verdicts by profile. */
  readonly profiles: readonly { readonly name: string; readonly verdicts: readonly string[] }[];
  /** Requirements whose outcomes differ, by id. */
  readonly differences: readonly ComparedResult[];
  /** Requirements that failed in more than one run, and for other reasons. */
  readonly changedFailures: readonly ComparedResult[];
  /** Number of requirements with the same outcome in all, and the same failure if they failed. */
  readonly same: number;
}

/** A failure without what differs from run to run: the run's name, ids, digests, counters, ports, times, API versions of paths. */
function lasting(result: ReportedResult, run: string): string {
  return whyOf(result)
    .replaceAll(run, 'RUN')
    .replaceAll(/\b[0-9a-f]{12,64}\b/g, 'ID')
    .replaceAll(/RUN-[a-z]*\d+/g, 'NAME')
    .replaceAll(/scratch-\d+/g, 'scratch')
    .replaceAll(/\b127\.0\.0\.1:\d+/g, 'REGISTRY')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?/g, 'TIME')
    .replaceAll(/\b\d{10}(\.\d+)?\b/g, 'TIME')
    .replaceAll(/\/v1\.\d+\//g, '/vX/');
}

/**
 * Set reports side by side.
 *
 * @param reports two or more; requirements are matched by id
 */
export function compareReports(reports: readonly Report[]): Comparison {
  const byId = reports.map((report) => new Map(report.results.map((result) => [result.id, result])));
  const ids = [...new Set(byId.flatMap((results) => [...results.keys()]))].sort();
  const differences: ComparedResult[] = [];
  const changedFailures: ComparedResult[] = [];
  for (const id of ids) {
    const found = byId.map((results) => results.get(id));
    const { title = '', level = '' } = found.find((result) => result !== undefined) ?? {};
    const row: ComparedResult = {
      id,
      title,
      level,
      outcomes: found.map((result) => result?.outcome),
      details: found.map((result) => (result ? whyOf(result) : 'not in this report')),
    };
    const failures = found.flatMap((result, i) =>
      result?.outcome === 'failed' ? [lasting(result, reports[i]?.run.name ?? '')] : [],
    );
    if (new Set(row.outcomes).size > 1) differences.push(row);
    else if (new Set(failures).size > 1) changedFailures.push(row);
  }
  const verdicts = reports.map((report) => new Map(report.profiles.map(({ name, verdict }) => [name, verdict])));
  return {
    runs: reports.map(({ daemon, totals }) => ({ daemon, totals })),
    profiles: [...new Set(verdicts.flatMap((of) => [...of.keys()]))].map((name) => ({
      name,
      verdicts: verdicts.map((of) => of.get(name) ?? 'not in this report'),
    })),
    differences,
    changedFailures,
    same: ids.length - differences.length - changedFailures.length,
  };
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A comparison as text: daemons, profiles, each requirement that ended differently, then those that failed otherwise. */
export function renderComparison({ runs, profiles, differences, changedFailures, same }: Comparison): string {
  const head = [
    ['', ...runs.map(({ daemon }) => `${daemon.title} (API ${daemon.apiVersion})`)],
    ['address', ...runs.map(({ daemon }) => daemon.address)],
    ...outcomes.map((outcome) => [outcome, ...runs.map(({ totals }) => String(totals[outcome]))]),
  ];
  const changed = changedFailures.map(
    ({ id, details }) => `${id} failed otherwise:\n${details.map((text) => `  ${text}`).join('\n')}`,
  );
  const sections = [
    columns(head),
    columns(profiles.map(({ name, verdicts }) => [name, ...verdicts])),
    differences.length > 0
      ? columns(differences.map((row) => [row.id, ...row.outcomes.map((one) => one ?? 'absent')]))
      : '',
    changed.join('\n'),
    `${differences.length} requirements ended differently, ${changedFailures.length} failed otherwise, ${same} the same`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}
