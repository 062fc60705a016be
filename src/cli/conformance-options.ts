import { featureNames, isVersion, matches, profileNames, type Selection } from '../conformance/index.js';
import type { Requirement } from '../conformance/requirement.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { FlagValues } from './arguments.js';

/** Parsed options of `attestd conformance`. */
export interface ConformanceOptions {
  readonly host?: string;
  readonly channel: 'standard' | 'experimental';
  readonly apiVersion?: string;
  readonly run?: string;
  readonly selection: Selection;
  readonly deviations: readonly string[];
  readonly annotate: boolean;
  readonly strict: boolean;
  readonly quiet: boolean;
  /** Files to write, by report form. */
  readonly files: Readonly<Partial<Record<ReportForm, string>>>;
}

const reportForms = ['json', 'junit', 'markdown', 'html'] as const;

/** A file format of reports. */
export type ReportForm = (typeof reportForms)[number];

const several = { type: 'string', multiple: true, commas: true } as const;

/** The flags of `attestd conformance`. */
export const conformanceFlags = {
  host: {
    type: 'string',
    short: 'H',
    value: 'URL',
    help: 'the daemon, unix:///path or tcp://host:port; TLS as docker does (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH)',
  },
  channel: {
    type: 'string',
    value: 'NAME',
    choices: ['standard', 'experimental'],
    help: 'channel of the reference server; experimental without it',
  },
  'api-version': {
    type: 'string',
    value: 'X.Y',
    help: 'API version in requests; the highest that both sides have without it',
  },
  profile: { ...several, value: 'NAME', choices: profileNames, help: 'only what a profile tests' },
  feature: {
    ...several,
    value: 'NAME',
    choices: featureNames,
    help: 'only what needs a feature, which then counts as claimed by the daemon',
  },
  claim: {
    ...several,
    value: 'NAME',
    choices: featureNames,
    help: 'a feature that the daemon is said to have, tested whatever its probe finds; the names of --feature',
  },
  only: {
    ...several,
    value: 'ID',
    help: 'only these requirements: an id, the part before its dot, or a pattern with *',
  },
  skip: { ...several, value: 'ID', help: 'not these requirements' },
  destructive: { type: 'boolean', help: "also what acts on more than the suite's own images (prune)" },
  hazardous: { type: 'boolean', help: 'also what has taken down daemons; both are on for the reference server' },
  deviations: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'a file of deviations that this daemon is known to have, beside those of the package',
  },
  strict: { type: 'boolean', help: 'known deviations count as failures' },
  name: { type: 'string', value: 'NAME', help: 'name of the run, prefix of its images; random without it' },
  annotate: { type: 'boolean', help: 'also write failures as annotations of a GitHub job' },
  json: { type: 'string', value: 'FILE', help: 'write a report in JSON' },
  junit: { type: 'string', value: 'FILE', help: 'write a report for CI systems (JUnit XML)' },
  markdown: { type: 'string', value: 'FILE', help: 'write a report in Markdown' },
  html: { type: 'string', value: 'FILE', help: 'write a report as a page, with every exchange' },
} as const;

function checkPatterns(flag: string, given: readonly string[], known: readonly Requirement[]): void {
  const stranger = given.find((value) => !known.some(({ id }) => matches(value, id)));
  if (stranger !== undefined) throw new AttestdError('USAGE', `${flag} '${stranger}' matches no requirement`);
}

/**
 * Parses the flags of `attestd conformance`.
 *
 * @param values values of {@link conformanceFlags}
 * @param known the requirements that `--only` and `--skip` may name
 * @throws AttestdError USAGE that names the flag
 */
export function conformanceOptions(
  values: FlagValues<typeof conformanceFlags> & { readonly quiet?: boolean },
  known: readonly Requirement[],
): ConformanceOptions {
  const { host, channel = 'experimental', 'api-version': apiVersion, name, only = [], skip = [] } = values;
  if (apiVersion !== undefined && !isVersion(apiVersion))
    throw new AttestdError('USAGE', `--api-version '${apiVersion}' is not of the form X.Y`);
  if (name !== undefined && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    throw new AttestdError('USAGE', `--name '${name}' is not a lower-case name of letters, digits and dashes`);
  checkPatterns('--only', only, known);
  checkPatterns('--skip', skip, known);
  const files = reportForms.flatMap((form) => (values[form] === undefined ? [] : [[form, values[form]]]));
  return {
    channel,
    ...(host !== undefined && { host }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(name !== undefined && { run: name }),
    selection: {
      profiles: values.profile ?? [],
      features: values.feature ?? [],
      // The reference server has what its channel proposes: a fault must not look like a feature that it lacks.
      claimed: values.claim ?? (host === undefined && channel === 'experimental' ? ['statements', 'type-lists'] : []),
      only,
      skip,
      destructive: values.destructive ?? host === undefined,
      hazardous: values.hazardous ?? host === undefined,
    },
    deviations: values.deviations ?? [],
    annotate: values.annotate ?? false,
    strict: values.strict ?? false,
    quiet: values.quiet ?? false,
    files: Object.fromEntries(files),
  };
}
