import { type Outcome, outcomes } from '../outcome.js';
import type { Report, ReportedResult, Totals } from './model.js';

/** A requirement in two runs; undefined where a run does not know it. */
export interface ComparedResult {
  readonly id: string;
  readonly title: string;
  readonly level: string;
  readonly a: Outcome | undefined;
  readonly b: Outcome | undefined;
  /** What each run says beside the outcome. */
  readonly details: readonly [string, string];
}

/** Two runs side by side. */
export interface Comparison {
  readonly a: { readonly daemon: Report['daemon']; readonly totals: Totals };
  readonly b: { readonly daemon: Report['daemon']; readonly totals: Totals };
  /** Verdicts by profile. */
  readonly profiles: readonly { readonly name: string; readonly a: string; readonly b: string }[];
  /** Requirements whose outcomes differ, by id. */
  readonly differences: readonly ComparedResult[];
  /** Number of requirements with the same outcome in both. */
  readonly same: number;
}

function detail(result: ReportedResult | undefined): string {
  if (!result) return 'not in this report';
  const { failure, reason } = result;
  return failure ? `${failure.message}: expected ${failure.expected}, got ${failure.actual}` : reason;
}

/**
 * Set two reports side by side.
 *
 * @param a first report
 * @param b second report; requirements are matched by id
 */
export function compareReports(a: Report, b: Report): Comparison {
  const byId = (report: Report): ReadonlyMap<string, ReportedResult> =>
    new Map(report.results.map((result) => [result.id, result]));
  const [inA, inB] = [byId(a), byId(b)];
  const ids = [...new Set([...inA.keys(), ...inB.keys()])].sort();
  const rows = ids.map((id): ComparedResult => {
    const [left, right] = [inA.get(id), inB.get(id)];
    const { title = '', level = '' } = left ?? right ?? {};
    return { id, title, level, a: left?.outcome, b: right?.outcome, details: [detail(left), detail(right)] };
  });
  const verdicts = (report: Report): ReadonlyMap<string, string> =>
    new Map(report.profiles.map(({ name, verdict }) => [name, verdict]));
  const [profilesA, profilesB] = [verdicts(a), verdicts(b)];
  const differences = rows.filter((row) => row.a !== row.b);
  return {
    a: { daemon: a.daemon, totals: a.totals },
    b: { daemon: b.daemon, totals: b.totals },
    profiles: [...new Set([...profilesA.keys(), ...profilesB.keys()])].map((name) => ({
      name,
      a: profilesA.get(name) ?? 'not in this report',
      b: profilesB.get(name) ?? 'not in this report',
    })),
    differences,
    same: rows.length - differences.length,
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

/** A comparison as text: daemons, profiles, then each requirement that ended differently. */
export function renderComparison(comparison: Comparison): string {
  const { a, b, profiles, differences, same } = comparison;
  const name = ({ daemon }: Comparison['a']): string => `${daemon.title} (API ${daemon.apiVersion})`;
  const totals = outcomes.map((outcome) => [outcome, String(a.totals[outcome]), String(b.totals[outcome])]);
  const rows = differences.map(({ id, a: left, b: right }) => [id, left ?? 'absent', right ?? 'absent']);
  const sections = [
    columns([['', name(a), name(b)], ['address', a.daemon.address, b.daemon.address], ...totals]),
    columns(profiles.map(({ name: profile, a: left, b: right }) => [profile, left, right])),
    rows.length > 0 ? columns(rows) : '',
    `${differences.length} requirements ended differently, ${same} the same`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}
