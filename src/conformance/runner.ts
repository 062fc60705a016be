import { randomBytes } from 'node:crypto';
import { Connection } from '../client/connection.js';
import type { Target } from '../client/target.js';
import { AttestdError } from '../support/foundation/errors.js';
import { Api, type Exchange } from './api.js';
import { ContentClient } from './content/client.js';
import { type Daemon, hostPlatform, meet } from './daemon.js';
import { isExpired, knownAs } from './deviations.js';
import { Blocked, show, Unjudged, Unmet } from './expect.js';
import { type FeatureName, type Finding, feature, featureNames, type ProbeContext, withNeeds } from './features.js';
import type { Platform } from './images/kit.js';
import { type RecipeName, recipes } from './images/recipes.js';
import { Journal } from './journal.js';
import type { Deviation, Result } from './outcome.js';
import { decide, type Selection, toProbe } from './plan.js';
import type { CheckContext, Requirement } from './requirement.js';
import { type ResponseValidator, type SchemaFinding, SchemaFindings } from './schema.js';
import { type LoadedImage, Session } from './session.js';
import { compareVersions } from './version.js';

/** Options of a run. */
export interface RunOptions {
  readonly target: Target;
  readonly requirements: readonly Requirement[];
  readonly selection: Selection;
  /** API version in requests; the highest that both the daemon and `maxVersion` have by default. */
  readonly apiVersion?: string;
  /** API version of the description. */
  readonly maxVersion: string;
  readonly deviations: (daemon: Daemon) => readonly Deviation[];
  readonly validator?: ResponseValidator;
  /** Name of the run; random by default. */
  readonly run?: string;
  readonly signal?: AbortSignal;
  readonly onStart?: (daemon: Daemon, apiVersion: string, planned: number) => void;
  readonly onResult?: (result: Result, done: number, of: number) => void;
}

/** Outcome of a run. */
export interface RunOutcome {
  readonly daemon: Daemon;
  readonly run: string;
  readonly host: Platform;
  readonly apiVersion: string;
  readonly selection: Selection;
  readonly findings: ReadonlyMap<FeatureName, Finding>;
  /** Sorted by id. */
  readonly results: readonly Result[];
  readonly schema: readonly SchemaFinding[];
  /** Number of answers checked against the description. */
  readonly schemaChecked: number;
  /** Known deviations whose requirement passed. */
  readonly repaired: readonly Deviation[];
  /** Known deviations that are excused no longer. */
  readonly expired: readonly Deviation[];
  /** Objects that could not be removed from the daemon. */
  readonly leftovers: readonly string[];
  readonly interrupted: boolean;
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** Reads as `X: Y`, with the cause when there is one. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/**
 * Judge a daemon: probe its features, run what the plan says, remove what was loaded.
 *
 * @throws AttestdError UNAVAILABLE when no daemon answers, USAGE when it does not have the asked API version
 */
export async function run(options: RunOptions): Promise<RunOutcome> {
  const connection = new Connection(options.target);
  const startedAt = new Date();
  const started = performance.now();
  const schema = options.validator ? new SchemaFindings(options.validator, options.maxVersion) : undefined;
  let daemonVersions: Pick<Daemon, 'apiVersion' | 'minApiVersion'> | undefined;
  let runVersion: string | undefined;
  const journal = new Journal();
  const record = (exchange: Exchange): void => {
    journal.add(exchange);
    if (daemonVersions) schema?.add(exchange, daemonVersions, runVersion);
  };
  const silent = (): void => undefined;
  let contentClient: Promise<ContentClient> | undefined;
  const content = (): Promise<ContentClient> => (contentClient ??= ContentClient.connect(options.target, record));
  try {
    const daemon = await meet(new Api(connection, null, record, options.signal));
    daemonVersions = daemon;
    const apiVersion = chooseVersion(daemon, options);
    runVersion = apiVersion;
    const deviations = options.deviations(daemon);
    const host = hostPlatform(daemon);
    const name = options.run ?? `attestd-${randomBytes(4).toString('hex')}`;
    const disturbed = (exchange: Exchange): boolean => session.disturbed(exchange);
    const api = new Api(connection, apiVersion, record, options.signal, disturbed);
    const service = async (): Promise<ContentClient> => {
      const client = await content();
      await client.reached();
      return client;
    };
    const session: Session = new Session(api, name, host, journal);
    const findings = new Map<FeatureName, Finding>();
    const results: Result[] = [];
    let leftovers: readonly string[] = [];
    const aborted = (): boolean => options.signal?.aborted ?? false;
    try {
      for (const asked of toProbe(options.requirements, options.selection, apiVersion)) {
        if (aborted()) break;
        try {
          findings.set(asked, await probe(asked, { api, daemon, session, content }));
        } catch (error) {
          if (!aborted()) throw error;
        }
      }
      const byId = [...options.requirements].sort((a, b) => (a.id < b.id ? -1 : 1));
      const ordered = [...byId.filter(({ last }) => !last), ...byId.filter(({ last }) => last)];
      const known = deviations.filter((deviation) => !isExpired(deviation, startedAt));
      options.onStart?.(daemon, apiVersion, ordered.length);
      for (const requirement of ordered) {
        if (aborted()) break;
        const decision = decide(requirement, options.selection, apiVersion, findings);
        journal.begin(requirement.id);
        const begun = performance.now();
        const ended =
          decision.act === 'run'
            ? await check(requirement, { api, daemon, apiVersion, host, session, journal, schema, content: service })
            : leave(decision.act, decision.reason);
        if (aborted()) break;
        const deviation = ended.failure && knownAs(ended.failure, ended.blockedBy ?? requirement.id, known);
        const result: Result = {
          requirement,
          ...ended,
          ...(deviation ? { deviation } : {}),
          exchanges: ended.exchanges ?? journal.exchanges,
          durationMs: performance.now() - begun,
        };
        results.push(result);
        options.onResult?.(result, results.length, ordered.length);
      }
    } finally {
      leftovers = await session.close(new Api(connection, apiVersion, silent, undefined, disturbed));
    }
    const passed = new Set(
      results.filter(({ outcome }) => outcome === 'passed').map(({ requirement }) => requirement.id),
    );
    return {
      daemon,
      run: name,
      host,
      apiVersion,
      selection: options.selection,
      findings: declared(findings, apiVersion),
      results: results.sort((a, b) => (a.requirement.id < b.requirement.id ? -1 : 1)),
      schema: schema?.list() ?? [],
      schemaChecked: schema?.checked ?? 0,
      repaired: deviations.filter(({ requirement }) => passed.has(requirement)),
      expired: deviations.filter((deviation) => isExpired(deviation, startedAt)),
      leftovers,
      interrupted: aborted(),
      startedAt,
      durationMs: performance.now() - started,
    };
  } finally {
    connection.close();
    await contentClient?.then((client) => client.close(), silent);
  }
}

/** Outcome of a check. Has exchanges only if they differ from those of the check. */
type Ended = Pick<Result, 'outcome' | 'reason' | 'failure' | 'blockedBy'> & {
  readonly exchanges?: readonly Exchange[];
};

/** The result of a requirement that is not run. */
function leave(act: 'skip' | 'unsupported', reason: string): Ended {
  return { outcome: act === 'skip' ? 'skipped' : 'unsupported', reason };
}

function chooseVersion(daemon: Daemon, options: RunOptions): string {
  const highest = compareVersions(daemon.apiVersion, options.maxVersion) < 0 ? daemon.apiVersion : options.maxVersion;
  const version = options.apiVersion ?? highest;
  if (compareVersions(version, daemon.apiVersion) > 0 || compareVersions(version, daemon.minApiVersion) < 0) {
    const range = `${daemon.minApiVersion} to ${daemon.apiVersion}`;
    throw new AttestdError('USAGE', `the daemon has API ${range}, not ${version}`);
  }
  return version;
}

async function probe(name: FeatureName, context: ProbeContext): Promise<Finding> {
  try {
    return (await feature(name).probe?.(context)) ?? { supported: true, evidence: 'promised by the API version' };
  } catch (error) {
    // A probe that finds no answer rules nothing out: the requirements then fail with the daemon's own answer.
    if (error instanceof Unmet) return { supported: true, evidence: `probe: ${error.message}: ${error.actual}` };
    throw error;
  }
}

/** Findings for features: what was probed, and what the API version alone decides; none for what was not looked at. */
function declared(probed: ReadonlyMap<FeatureName, Finding>, apiVersion: string): ReadonlyMap<FeatureName, Finding> {
  return new Map(
    featureNames.flatMap((name): [FeatureName, Finding][] => {
      const { since, probe: probing } = feature(name);
      const lacking = withNeeds([name]).find((needed) => probed.get(needed)?.supported === false);
      if (lacking !== undefined && lacking !== name)
        return [[name, { supported: false, evidence: `needs ${lacking}: ${probed.get(lacking)?.evidence}` }]];
      if (since !== undefined && compareVersions(apiVersion, since) < 0)
        return [[name, { supported: false, evidence: `needs API ${since}, this run has ${apiVersion}` }]];
      const finding = probed.get(name) ?? (probing ? undefined : { supported: true, evidence: `API ${apiVersion}` });
      return finding ? [[name, finding]] : [];
    }),
  );
}

interface CheckOptions {
  readonly api: Api;
  readonly daemon: Daemon;
  readonly apiVersion: string;
  readonly host: Platform;
  readonly session: Session;
  readonly journal: Journal;
  readonly schema: SchemaFindings | undefined;
  readonly content: () => Promise<ContentClient>;
}

/**
 * Checks one requirement. Distinguishes failures of the daemon from errors of the suite, and finds the requirement to
 * blame.
 */
async function check(requirement: Requirement, options: CheckOptions): Promise<Ended> {
  const { api, daemon, apiVersion, host, session, journal, schema, content } = options;
  const images = new Map<RecipeName, LoadedImage>();
  const context: CheckContext = {
    api,
    daemon,
    version: apiVersion,
    host,
    content: () => journal.given('Content.service', content),
    given: (by, act) => journal.given(by, act),
    described: (operationId) => {
      if (schema === undefined) throw new Unjudged('this run does not compare answers with the description');
      const answers = schema.described(operationId);
      for (const { exchange } of answers.deviations) journal.add(exchange);
      return answers;
    },
    image: (name) => {
      const image = images.get(name);
      if (!image)
        throw new AttestdError(
          'INTERNAL',
          `${requirement.id} does not list the image '${name}' (${recipes[name].summary})`,
        );
      return image;
    },
    fresh: (name) => session.fresh(name),
    draft: (name, repository) => session.draft(name, repository),
    mark: () => session.mark(),
    scratch: (suffix) => session.scratch(suffix),
    own: (name) => session.own(name),
    load: (tar, query) => session.load(tar, query),
    registry: (isPrivate) => session.registry(isPrivate),
  };
  try {
    for (const name of requirement.images) images.set(name, await session.image(name));
    await requirement.check(context);
    return { outcome: 'passed', reason: '' };
  } catch (error) {
    if (error instanceof Unmet) {
      const failure = { message: error.message, expected: error.expected, actual: error.actual };
      if (!(error instanceof Blocked)) return { outcome: 'failed', reason: '', failure };
      const shown = new Set([...error.exchanges, ...journal.exchanges]);
      if (error.by === requirement.id) return { outcome: 'failed', reason: '', failure, exchanges: [...shown] };
      const reason = `blocked by ${error.by}: ${error.message}`;
      return { outcome: 'blocked', reason, failure, blockedBy: error.by, exchanges: [...shown] };
    }
    if (error instanceof Unjudged) return leave('unsupported', error.message);
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    return {
      outcome: 'error',
      reason: `the suite broke: ${explain(error)}`,
      failure: { message: explain(error), expected: 'a verdict', actual: show(stack) },
    };
  }
}
