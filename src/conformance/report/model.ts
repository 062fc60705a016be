import { isUtf8 } from 'node:buffer';
import type { Exchange, SentBody } from '../api.js';
import { type Channel, feature, featureNames } from '../features.js';
import { type Deviation, type Failure, type Outcome, outcomes, type Result, speaksAgainst } from '../outcome.js';
import { claimedBy } from '../plan.js';
import { covers, type ProfileName, profile, profileNames } from '../profiles.js';
import type { Basis, Level } from '../requirement.js';
import type { RunOutcome } from '../runner.js';
import type { SchemaFinding } from '../schema.js';
import { compareVersions } from '../version.js';
import { ownPart } from './own.js';

/** Version of the report's form; its JSON schema is report.schema.json. */
export const reportVersion = '1.1';

/** Number of requirements by outcome. */
export type Totals = Readonly<Record<Outcome, number>>;

/** One request with its answer, as a report keeps it. */
export interface ReportedExchange {
  readonly request: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody?: SentBody;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Text of the body, cut at a limit; base64 when it is not UTF-8. */
  readonly body: string;
  readonly bodyEncoding: 'utf8' | 'base64';
  readonly bodyBytes: number;
  /** Entries about what is not the suite's, which a report leaves out. */
  readonly leftOut?: number;
  readonly durationMs: number;
  readonly broken?: string;
}

/** One requirement in a report. */
export interface ReportedResult {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly why: string;
  readonly features: readonly string[];
  readonly operationId: string;
  readonly pointer: string | null;
  readonly basis: Basis;
  readonly durationMs: number;
  readonly failure?: Failure;
  /** Id of the requirement whose failure kept this one from being judged. */
  readonly blockedBy?: string;
  readonly deviation?: Deviation;
  readonly exchanges: readonly ReportedExchange[];
}

/** Verdict of a run on a profile. */
export type ProfileVerdict =
  | 'conformant'
  | 'conformant but for known deviations'
  | 'partial'
  | 'not conformant'
  | 'unsupported'
  | 'error';

/** A profile in a report. */
export interface ReportedProfile {
  readonly name: string;
  readonly title: string;
  readonly verdict: ProfileVerdict;
  readonly totals: Totals;
  readonly knownDeviations: number;
  /** Failed MUST that are not known deviations. */
  readonly failed: readonly string[];
  /** MUST that could not be judged, because what they need first failed. */
  readonly blocked: readonly string[];
  readonly skipped: readonly string[];
  readonly unsupportedFeatures: readonly string[];
}

/** A feature in a report. */
export interface ReportedFeature {
  readonly name: string;
  readonly title: string;
  readonly channel: Channel;
  readonly state: 'supported' | 'unsupported' | 'not looked at';
  readonly evidence: string;
  readonly totals: Totals;
}

/** Results of a run, in the form that all renderings start from. */
export interface Report {
  readonly kind: 'attestd-conformance-report';
  readonly reportVersion: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly suite: { readonly name: 'attestd'; readonly version: string };
  /** The API description that answers were checked against. */
  readonly description: { readonly apiVersion: string; readonly sha256: string };
  readonly daemon: {
    readonly address: string;
    /** Product name, e.g. `dockerd`, `Podman`, `attestd (standard)`. */
    readonly product: string;
    /** Product and version as people say it. */
    readonly title: string;
    /** `containerd` or `graph driver`. */
    readonly store: string;
    /** Storage driver, e.g. `overlay2`; empty when the daemon names none. */
    readonly driver: string;
    readonly version: string;
    readonly apiVersion: string;
    readonly minApiVersion: string;
    readonly platform: string;
    readonly platformName: string;
  };
  readonly run: {
    readonly name: string;
    readonly apiVersion: string;
    readonly profiles: readonly string[];
    readonly features: readonly string[];
    readonly claimed: readonly string[];
    readonly only: readonly string[];
    readonly skip: readonly string[];
    readonly destructive: boolean;
    readonly hazardous: boolean;
    readonly interrupted: boolean;
    /** Objects that could not be removed from the daemon. */
    readonly leftovers: readonly string[];
  };
  readonly totals: Totals;
  /** Failed requirements that are known deviations of this daemon version; part of `totals.failed`. */
  readonly knownDeviations: number;
  /** Known deviations that this daemon no longer shows. */
  readonly repaired: readonly string[];
  /** Known deviations whose date has passed: their failures count. */
  readonly expired: readonly string[];
  readonly profiles: readonly ReportedProfile[];
  readonly features: readonly ReportedFeature[];
  readonly results: readonly ReportedResult[];
  readonly schema: { readonly checked: number; readonly findings: readonly SchemaFinding[] };
}

/** Facts of a report that do not come from the run's outcome. */
export interface ReportContext {
  readonly address: string;
  readonly suiteVersion: string;
  readonly description: { readonly apiVersion: string; readonly sha256: string };
}

const bodyLimit = 16 * 1024;

/** The longest part of a body below the limit that is UTF-8, or none when the body is not text. */
function textOf(body: Buffer): string | undefined {
  const cut = body.subarray(0, bodyLimit);
  const torn = body.length > bodyLimit ? [0, 1, 2, 3] : [0];
  const whole = torn.map((bytes) => cut.subarray(0, cut.length - bytes)).find((part) => isUtf8(part));
  return whole?.toString('utf8');
}

function report(exchange: Exchange, run: string): ReportedExchange {
  const { body, leftOut } = ownPart(exchange, run);
  const text = textOf(body);
  return {
    request: `${exchange.method} ${exchange.path}`,
    requestHeaders: exchange.requestHeaders,
    ...(exchange.requestBody ? { requestBody: exchange.requestBody } : {}),
    status: exchange.status,
    headers: exchange.headers,
    body: text ?? body.subarray(0, 512).toString('base64'),
    bodyEncoding: text === undefined ? 'base64' : 'utf8',
    bodyBytes: exchange.body.length,
    ...(leftOut > 0 && { leftOut }),
    durationMs: Math.round(exchange.durationMs * 100) / 100,
    ...(exchange.broken === undefined ? {} : { broken: exchange.broken }),
  };
}

/** The failure, or the reason why a requirement was not judged; empty if it passed. */
export function whyOf({ failure, reason }: Pick<ReportedResult, 'failure' | 'reason'>): string {
  return failure ? `${failure.message}: expected ${failure.expected}, got ${failure.actual}` : reason;
}

/** Count results by outcome. */
export function count(results: readonly { readonly outcome: Outcome }[]): Totals {
  const totals = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of results) totals[outcome] += 1;
  return totals;
}

/** Whether a result of a run keeps the daemon from being conformant. */
function against(all: readonly Result[]): (result: Result) => boolean {
  const levels = new Map(all.map(({ requirement }) => [requirement.id, requirement.level]));
  return ({ requirement, ...rest }) => speaksAgainst({ ...rest, level: requirement.level }, (id) => levels.get(id));
}

function judge(name: ProfileName, outcome: RunOutcome): ReportedProfile {
  const { apiVersion, core, extended, title } = profile(name);
  const results = outcome.results.filter(({ requirement }) => covers(name, requirement));
  const must = results.filter(({ requirement }) => requirement.level === 'MUST');
  const claimed = claimedBy(outcome.selection);
  const lacks = (feature: (typeof core)[number]): boolean =>
    outcome.findings.get(feature)?.supported === false && !claimed.includes(feature);
  const bad = must.filter(against(outcome.results));
  const failed = bad.filter(({ outcome: ended }) => ended === 'failed');
  const skipped = must.filter(({ outcome: ended }) => ended === 'skipped');
  const knownDeviations = results.filter(({ deviation }) => deviation !== undefined).length;
  const missing = [...core, ...extended].filter(lacks);
  const verdict = (): ProfileVerdict => {
    if (compareVersions(outcome.apiVersion, apiVersion) < 0 || core.some(lacks)) return 'unsupported';
    if (results.some(({ outcome: ended }) => ended === 'error')) return 'error';
    if (bad.length > 0) return 'not conformant';
    if (core.some((feature) => !outcome.findings.has(feature)) || results.length === 0) return 'partial';
    if (outcome.interrupted || skipped.some(({ requirement }) => !requirement.destructive && !requirement.hazardous))
      return 'partial';
    return knownDeviations > 0 ? 'conformant but for known deviations' : 'conformant';
  };
  return {
    name,
    title,
    verdict: verdict(),
    totals: count(results),
    knownDeviations,
    failed: failed.map(({ requirement }) => requirement.id),
    blocked: must.filter(({ outcome: ended }) => ended === 'blocked').map(({ requirement }) => requirement.id),
    skipped: skipped.map(({ requirement }) => requirement.id),
    unsupportedFeatures: missing,
  };
}

/** Make the report of a run. */
export function makeReport(outcome: RunOutcome, context: ReportContext): Report {
  const { daemon, host, selection } = outcome;
  const platform = [host.os, host.architecture, ...(host.variant ? [host.variant] : [])].join('/');
  return {
    kind: 'attestd-conformance-report',
    reportVersion,
    startedAt: outcome.startedAt.toISOString(),
    durationMs: Math.round(outcome.durationMs),
    suite: { name: 'attestd', version: context.suiteVersion },
    description: context.description,
    daemon: {
      address: context.address,
      product: daemon.product,
      title: daemon.title,
      store: daemon.store,
      driver: daemon.driver,
      version: daemon.version,
      apiVersion: daemon.apiVersion,
      minApiVersion: daemon.minApiVersion,
      platform,
      platformName: daemon.platformName,
    },
    run: {
      name: outcome.run,
      apiVersion: outcome.apiVersion,
      ...selection,
      interrupted: outcome.interrupted,
      leftovers: outcome.leftovers,
    },
    totals: count(outcome.results),
    knownDeviations: outcome.results.filter(({ deviation }) => deviation !== undefined).length,
    repaired: outcome.repaired.map(({ requirement }) => requirement),
    expired: outcome.expired.map(({ requirement }) => requirement),
    profiles: profileNames.map((name) => judge(name, outcome)),
    features: featureNames.map((name) => {
      const finding = outcome.findings.get(name);
      return {
        name,
        title: feature(name).title,
        channel: feature(name).channel,
        state: finding === undefined ? 'not looked at' : finding.supported ? 'supported' : 'unsupported',
        evidence: finding?.evidence ?? '',
        totals: count(outcome.results.filter(({ requirement }) => requirement.features.includes(name))),
      };
    }),
    results: outcome.results.map(({ requirement, exchanges, reason, failure, deviation, durationMs, ...rest }) => ({
      id: requirement.id,
      title: requirement.title,
      level: requirement.level,
      outcome: rest.outcome,
      reason,
      why: requirement.why,
      features: requirement.features,
      operationId: requirement.operationId,
      pointer: requirement.pointer,
      basis: requirement.basis,
      durationMs: Math.round(durationMs),
      ...(failure ? { failure } : {}),
      ...(rest.blockedBy === undefined ? {} : { blockedBy: rest.blockedBy }),
      ...(deviation ? { deviation } : {}),
      exchanges: exchanges.map((exchange) => report(exchange, outcome.run)),
    })),
    schema: { checked: outcome.schemaChecked, findings: outcome.schema },
  };
}

/**
 * The exit code of a run.
 *
 * @param strict whether known deviations count as failures
 * @returns 0 conformant, 1 a MUST failed or could not be judged, or a profile that was asked for is not conformant, 3 the suite
 *   broke or was interrupted
 */
export function exitCode(report: Report, strict: boolean): number {
  if (report.totals.error > 0 || report.run.interrupted) return 3;
  const levels = new Map(report.results.map(({ id, level }) => [id, level]));
  const isBad = (result: ReportedResult): boolean => {
    const { deviation, ...rest } = result;
    return speaksAgainst(strict || deviation === undefined ? rest : result, (id) => levels.get(id));
  };
  if (report.results.some(isBad)) return 1;
  const asked = report.profiles.filter(({ name }) => report.run.profiles.includes(name));
  const good: readonly ProfileVerdict[] = ['conformant', 'conformant but for known deviations'];
  return asked.every(({ verdict }) => good.includes(verdict)) ? 0 : 1;
}
