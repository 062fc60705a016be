import { doubtful, type Outcome } from '../outcome.js';
import { curlOf } from '../report/curl.js';
import { type Report, type ReportedResult, type Totals, whyOf } from '../report/model.js';

/** Version of a result's form; its JSON schema is conformance-result-1.0.json. */
export const resultVersion = '1.0';

/** Summary of a run. */
export interface RunSummary {
  /** Day of the run, `2026-11-26`. */
  readonly date: string;
  /** Version of the suite. */
  readonly suite: string;
  readonly totals: Totals;
  /** Verdicts by profile. */
  readonly profiles: Readonly<Record<string, string>>;
}

/** One requirement in a result. */
export interface KeptResult {
  readonly id: string;
  readonly operationId: string;
  readonly title: string;
  readonly level: string;
  readonly outcome: Outcome;
  /** The failure, or the reason why the requirement was not judged. */
  readonly why?: string;
  /** Whether the failure is a known deviation of the daemon. */
  readonly known?: true;
  /** A line of shell that asks for the last exchange again. */
  readonly curl?: string;
}

/** The stored form of a run: verdicts, and commands to repeat requests. */
export interface ConformanceResult extends RunSummary {
  readonly kind: 'attestd-conformance-result';
  readonly resultVersion: string;
  readonly daemon: Pick<
    Report['daemon'],
    'product' | 'title' | 'version' | 'apiVersion' | 'platform' | 'store' | 'driver'
  >;
  readonly results: readonly KeptResult[];
  /** Earlier runs of the same daemon, the newest first. */
  readonly history: readonly RunSummary[];
}

/** Placeholder for the daemon's address. */
const anywhere = 'unix:///var/run/docker.sock';

function keep(result: ReportedResult): KeptResult {
  const { id, operationId, title, level, outcome, deviation, exchanges } = result;
  const why = whyOf(result);
  const last = exchanges.filter(({ request }) => !/^DELETE |^gRPC /.test(request)).at(-1) ?? exchanges.at(-1);
  return {
    id,
    operationId,
    title,
    level,
    outcome,
    ...(why ? { why: why.slice(0, 400) } : {}),
    ...(deviation ? { known: true } : {}),
    ...(last && doubtful.includes(outcome) ? { curl: curlOf(last, anywhere) } : {}),
  };
}

/**
 * Reduces a report to its stored form.
 *
 * @param report report of a complete run
 * @param earlier stored result of the same daemon
 */
export function resultOf(report: Report, earlier?: ConformanceResult): ConformanceResult {
  const { product, title, version, apiVersion, platform, store, driver } = report.daemon;
  const summary: RunSummary = {
    date: report.startedAt.slice(0, 10),
    suite: report.suite.version,
    totals: report.totals,
    profiles: Object.fromEntries(report.profiles.map(({ name, verdict }) => [name, verdict])),
  };
  const before = earlier && {
    date: earlier.date,
    suite: earlier.suite,
    totals: earlier.totals,
    profiles: earlier.profiles,
  };
  return {
    kind: 'attestd-conformance-result',
    resultVersion,
    daemon: { product, title, version, apiVersion, platform, store, driver },
    ...summary,
    results: report.results.map(keep),
    history: [...(before ? [before] : []), ...(earlier?.history ?? [])],
  };
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/** Path of a result below `results/`: API version, product, version and store (docs/reference/results.md). */
export function pathOf({ daemon }: Pick<ConformanceResult, 'daemon'>): string {
  const version = slug(daemon.version.replace(/\+.*$/, ''));
  return `${daemon.apiVersion}/${slug(daemon.product)}/${version}-${slug(daemon.store)}.json`;
}

/**
 * Finds reasons against storing a report as a result (docs/reference/results.md).
 *
 * @returns reasons; empty for a complete run that was not interrupted and left nothing behind
 */
export function refusals({ run, totals }: Report): readonly string[] {
  const narrowed = [run.profiles, run.features, run.only, run.skip].some((names) => names.length > 0);
  return [
    narrowed ? 'the run was narrowed' : '',
    run.claimed.length > 0 ? 'features were claimed' : '',
    run.destructive ? '' : 'the run was not --destructive',
    run.interrupted ? 'the run was interrupted' : '',
    run.leftovers.length > 0 ? 'the run left something behind' : '',
    totals.error > 0 ? 'the suite broke' : '',
  ].filter((reason) => reason !== '');
}
