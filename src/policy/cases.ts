import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readCheckedYaml } from '../support/foundation/checked-yaml.js';
import { AttestdError } from '../support/foundation/errors.js';
import { openPolicy, type Policy } from './policy.js';
import type { PolicyLimits } from './runner.js';
import type { PolicyContainer, PolicyImage, PolicyVerdict } from './types.js';

const schema = new URL('../../schemas/policy-cases-1.0.json', import.meta.url);

/** A test case: an input and the expected decision. */
interface Case {
  readonly name: string;
  readonly input: { readonly image?: PolicyImage; readonly container?: PolicyContainer; readonly unknowns?: string[] };
  readonly allow: boolean;
  readonly deny?: readonly string[];
  readonly warn?: readonly string[];
}

interface CaseFile {
  readonly policy: string;
  readonly cases: readonly Case[];
}

/** The result of a test case. */
export interface CaseResult {
  /** File name of the case. */
  readonly file: string;
  readonly name: string;
  /** Differences from the expected decision. Empty if the case passed. */
  readonly faults: readonly string[];
}

const sorted = (texts: readonly string[]): string => JSON.stringify([...texts].sort());

function faultsOf(wanted: Case, verdict: PolicyVerdict): string[] {
  const { allow, denyMessages, warnings, failure } = verdict;
  if (failure !== undefined) return [failure];
  const word = (is: boolean): string => (is ? 'allowed' : 'denied');
  const faults = allow === wanted.allow ? [] : [`it is ${word(allow)}, not ${word(wanted.allow)}`];
  if (wanted.deny && sorted(wanted.deny) !== sorted(denyMessages))
    faults.push(`its reasons are ${sorted(denyMessages)}, not ${sorted(wanted.deny)}`);
  if (wanted.warn && sorted(wanted.warn) !== sorted(warnings))
    faults.push(`its warnings are ${sorted(warnings)}, not ${sorted(wanted.warn)}`);
  return faults;
}

async function* runFile(file: string, limits: PolicyLimits, directory: string): AsyncGenerator<CaseResult> {
  const path = join(directory, file);
  const { policy: name, cases } = await readCheckedYaml<CaseFile>(await readFile(path, 'utf8'), path, schema);
  const policy: Policy = await openPolicy(resolve(directory, name), limits);
  try {
    for (const one of cases) {
      const { image = {}, container, unknowns = [] } = one.input;
      const input = { env: { depth: 0 }, image, ...(container && { container }), unknowns };
      yield { file, name: one.name, faults: faultsOf(one, await policy.decide(input)) };
    }
  } finally {
    await policy.close();
  }
}

/**
 * Runs the policy test cases in a directory (schemas/policy-cases-1.0.json, docs/reference/policy.md#testing-a-policy).
 *
 * @param directory YAML files, each with the path of its policy
 * @throws AttestdError NOT_FOUND if the directory is unreadable or has no YAML file, INVALID_ARGUMENT if a file violates the
 *   schema, and the errors of `openPolicy`
 */
export async function* runCases(directory: string, limits: PolicyLimits = {}): AsyncGenerator<CaseResult> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new AttestdError('NOT_FOUND', `the directory '${directory}' cannot be read`, { cause });
  });
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  if (files.length === 0) throw new AttestdError('NOT_FOUND', `'${directory}' holds no cases in YAML`);
  for (const file of files) yield* runFile(file, limits, directory);
}
