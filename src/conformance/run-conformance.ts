import { createHash } from 'node:crypto';
import { discover } from '../client/discover.js';
import type { Target } from '../client/target.js';
import { apiVersion as descriptionVersion } from '../generated/operations.js';
import { AttestdError } from '../support/foundation/errors.js';
import { packageFile, packageVersion } from '../support/foundation/package-files.js';
import { catalogue } from './catalogue.js';
import { loadDeviations, readDeviations } from './deviations.js';
import { type FeatureName, featureNames } from './features.js';
import type { Result } from './outcome.js';
import { everything, matches, type Selection } from './plan.js';
import { type ProfileName, profileNames } from './profiles.js';
import { makeReport, type Report } from './report/model.js';
import { run } from './runner.js';
import { DescriptionValidator } from './schema-validator.js';
import { isVersion } from './version.js';

/**
 * Options of {@link runConformance}. An absent member of the selection restricts nothing and allows nothing
 * destructive.
 */
export interface ConformanceOptions extends Partial<Selection> {
  /**
   * Address of the daemon, `unix:///path` or `tcp://host:port`. TLS is configured by DOCKER_TLS_VERIFY and
   * DOCKER_CERT_PATH, as for docker. Default: the daemon that the docker CLI would use, by DOCKER_HOST and contexts.
   */
  readonly host?: string;
  /** API version in requests, e.g. `1.55`. Default: the highest that both sides support. */
  readonly apiVersion?: string;
  /** Name of the run, the prefix of its images: lower-case letters, digits and dashes. Default: random. */
  readonly name?: string;
  /** Files of known deviations of this daemon, in addition to the packaged ones. */
  readonly deviations?: readonly string[];
  /** Ends the run early; what was loaded is removed, and the report says that it was interrupted. */
  readonly signal?: AbortSignal;
  /** Called after each verdict. */
  readonly onResult?: (result: Result, done: number, of: number) => void;
}

function refuse(what: string): never {
  throw new AttestdError('INVALID_ARGUMENT', what);
}

/** Fill up a selection and refuse names that nothing has: a run that tests nothing must not look like a pass. */
function selectionOf(options: ConformanceOptions): Selection {
  const selection: Selection = {
    profiles: options.profiles ?? everything.profiles,
    features: options.features ?? everything.features,
    claimed: options.claimed ?? everything.claimed,
    only: options.only ?? everything.only,
    skip: options.skip ?? everything.skip,
    destructive: options.destructive ?? everything.destructive,
    hazardous: options.hazardous ?? everything.hazardous,
  };
  const known: readonly [string, readonly string[], (name: string) => boolean][] = [
    ['profiles', selection.profiles, (name) => profileNames.includes(name as ProfileName)],
    ['features', selection.features, (name) => featureNames.includes(name as FeatureName)],
    ['claimed', selection.claimed, (name) => featureNames.includes(name as FeatureName)],
    ['only', selection.only, (pattern) => catalogue.some(({ id }) => matches(pattern, id))],
    ['skip', selection.skip, (pattern) => catalogue.some(({ id }) => matches(pattern, id))],
  ];
  for (const [option, names, isKnown] of known)
    for (const name of names) if (!isKnown(name)) refuse(`${option}: the suite has no '${name}'`);
  return selection;
}

function addressOf(target: Target, host: string | undefined): string {
  const address = target.kind === 'unix' ? `unix://${target.path}` : `tcp://${target.host}:${target.port}`;
  // Reports are published; credentials are not.
  return (host ?? address).replace(/\/\/[^/@]*@/, '//');
}

/**
 * Judge a daemon by the suite, without printing and without ending the process.
 *
 * ```ts
 * const report = await runConformance({ host: daemon.host, profiles: ['engine-1.55'] });
 * assert.deepEqual(report.profiles.find(({ name }) => name === 'engine-1.55')?.failed, []);
 * ```
 *
 * @returns the report that `attestd conformance --json` writes
 * @throws AttestdError UNAVAILABLE when no daemon answers, USAGE when its address cannot be parsed or it does not have the
 *   asked API version, INVALID_ARGUMENT for a profile, feature, requirement or name that is none, or a file of deviations that cannot
 *   be read
 */
export async function runConformance(options: ConformanceOptions = {}): Promise<Report> {
  const { host, apiVersion, name, signal, onResult } = options;
  const selection = selectionOf(options);
  const own = (options.deviations ?? []).map(readDeviations);
  if (apiVersion !== undefined && !isVersion(apiVersion))
    refuse(`apiVersion: '${apiVersion}' has not the form ${descriptionVersion}`);
  if (name !== undefined && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    refuse(`name: '${name}' is not a lower-case name of letters, digits and dashes`);
  const { target } = discover(host === undefined ? {} : { host });
  const outcome = await run({
    target,
    requirements: catalogue,
    selection,
    maxVersion: descriptionVersion,
    deviations: (daemon) => loadDeviations(daemon, own),
    validator: new DescriptionValidator(),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(name !== undefined && { run: name }),
    ...(signal && { signal }),
    ...(onResult && { onResult }),
  });
  return makeReport(outcome, {
    address: addressOf(target, host),
    suiteVersion: packageVersion(),
    description: {
      apiVersion: descriptionVersion,
      sha256: createHash('sha256').update(packageFile('api/swagger.yaml')).digest('hex'),
    },
  });
}
