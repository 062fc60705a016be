import { parseArgs } from 'node:util';
import {
  type FeatureName,
  featureNames,
  isVersion,
  matches,
  type ProfileName,
  profileNames,
  type Selection,
} from '../conformance/index.js';
import type { Requirement } from '../conformance/requirement.js';
import { AttestdError } from '../errors.js';

/** What `attestd conformance` was asked for. */
export interface ConformanceOptions {
  readonly help: boolean;
  readonly host?: string;
  readonly channel: 'standard' | 'experimental';
  readonly apiVersion?: string;
  readonly run?: string;
  readonly selection: Selection;
  readonly strict: boolean;
  readonly quiet: boolean;
  /** Files to write, by report form. */
  readonly files: Readonly<Partial<Record<ReportForm, string>>>;
}

/** A form in which a report can be written to a file. */
export type ReportForm = 'json' | 'junit' | 'markdown' | 'html';

/** Text of `attestd conformance --help`. */
export const conformanceHelp = `usage: attestd conformance [OPTIONS]
       attestd conformance list [--json | --markdown]
       attestd conformance compare A.json B.json [--json]

Judges a daemon. Without --host the reference server is started and judged; DOCKER_HOST is not looked at.
compare ends with 1 when a requirement ended differently.

  --host URL            unix:///path, tcp://host:port; TLS as docker does (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH)
  --channel NAME        channel of the reference server: experimental (default) or standard
  --api-version X.Y     API version in requests; the highest that both sides have by default
  --profile NAME        only what a profile tests: ${profileNames.join(', ')}
  --feature NAME        only what needs a feature, which then counts as claimed by the daemon
  --claim NAME          a feature that the daemon is said to have: tested whatever its probe finds
  --only ID             only these requirements: an id, the part before its dot, or a pattern with *
  --skip ID             not these requirements
  --destructive         also what acts on more than the suite's own images (prune)
  --hazardous           also what has taken down daemons; both are on for the reference server
  --strict              known deviations count as failures
  --name NAME           name of the run, prefix of its images; random by default
  --json FILE, --junit FILE, --markdown FILE, --html FILE   write a report
  --quiet               no progress

Exit codes: 0 conformant, 1 a MUST failed, 2 wrong usage or no daemon, 3 the suite broke or was interrupted.
`;

const flags = {
  help: { type: 'boolean', short: 'h' },
  host: { type: 'string', short: 'H' },
  channel: { type: 'string' },
  'api-version': { type: 'string' },
  profile: { type: 'string', multiple: true },
  feature: { type: 'string', multiple: true },
  claim: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  destructive: { type: 'boolean' },
  hazardous: { type: 'boolean' },
  strict: { type: 'boolean' },
  name: { type: 'string' },
  json: { type: 'string' },
  junit: { type: 'string' },
  markdown: { type: 'string' },
  html: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
} as const;

function among<Name extends string>(
  flag: string,
  given: readonly string[] = [],
  known: readonly Name[],
): readonly Name[] {
  const values = given.flatMap((value) => value.split(','));
  const stranger = values.find((value) => !(known as readonly string[]).includes(value));
  if (stranger !== undefined) throw new AttestdError('USAGE', `${flag} '${stranger}' is none of ${known.join(', ')}`);
  return values as Name[];
}

function patterns(flag: string, given: readonly string[] = [], known: readonly Requirement[]): readonly string[] {
  const values = given.flatMap((value) => value.split(','));
  const stranger = values.find((value) => !known.some(({ id }) => matches(value, id)));
  if (stranger !== undefined) throw new AttestdError('USAGE', `${flag} '${stranger}' matches no requirement`);
  return values;
}

/**
 * Read the arguments of `attestd conformance`.
 *
 * @throws AttestdError USAGE that names the argument
 */
export function conformanceOptions(args: readonly string[], known: readonly Requirement[]): ConformanceOptions {
  const { values } = parsed(args);
  const [channel = 'experimental'] = among('--channel', values.channel === undefined ? [] : [values.channel], [
    'standard',
    'experimental',
  ] as const);
  const apiVersion = values['api-version'];
  if (apiVersion !== undefined && !isVersion(apiVersion))
    throw new AttestdError('USAGE', `--api-version '${apiVersion}' has not the form 1.55`);
  if (values.name !== undefined && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(values.name))
    throw new AttestdError('USAGE', `--name '${values.name}' is no lower-case name of letters, digits and dashes`);
  const forms = ['json', 'junit', 'markdown', 'html'] as const;
  return {
    help: values.help ?? false,
    channel,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(values.name === undefined ? {} : { run: values.name }),
    selection: {
      profiles: among<ProfileName>('--profile', values.profile, profileNames),
      features: among<FeatureName>('--feature', values.feature, featureNames),
      claimed: among<FeatureName>('--claim', values.claim, featureNames),
      only: patterns('--only', values.only, known),
      skip: patterns('--skip', values.skip, known),
      destructive: values.destructive ?? values.host === undefined,
      hazardous: values.hazardous ?? values.host === undefined,
    },
    strict: values.strict ?? false,
    quiet: values.quiet ?? false,
    files: Object.fromEntries(forms.flatMap((form) => (values[form] === undefined ? [] : [[form, values[form]]]))),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: false });
  } catch (cause) {
    throw new AttestdError('USAGE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
