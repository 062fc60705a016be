import type { EngineClient } from '../client/index.js';
import { openPolicy, type Policy, type PolicyFunction, type PolicyQuestion } from '../policy/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import { type FlagValues, hostFlag } from './arguments.js';
import { parsePlatform, withDaemon } from './daemon.js';
import { readTrusts, trustFlags } from './trust.js';

/** Flags of commands that evaluate an image. */
export const policyFlags = {
  ...hostFlag,
  platform: { type: 'string', value: 'OS/ARCH', help: 'linux/arm64/v8 for example; what a container gets without it' },
  ...trustFlags,
} as const;

type Values = FlagValues<typeof policyFlags>;

/** Exit code without a reliable verdict. */
export const exitUndecided = 3;

/** @throws AttestdError USAGE */
export const questionOf = (image: string, { platform }: Values): PolicyQuestion => ({
  image,
  ...(platform !== undefined && { platform: parsePlatform(platform) }),
});

/**
 * Opens the policy named by a flag.
 *
 * @throws AttestdError USAGE for an invalid policy
 */
export async function openPolicyFlag(source: string | PolicyFunction, values: Values): Promise<Policy> {
  const trusts = await readTrusts(values);
  try {
    return await openPolicy(source, { trusts });
  } catch (error) {
    if (error instanceof AttestdError) throw new AttestdError('USAGE', error.message, { cause: error });
    throw error;
  }
}

/** Evaluates a question on a daemon. Prints the error and returns undefined if the image cannot be inspected. */
export async function evaluateOnDaemon<T>(
  policy: Policy,
  values: Values,
  ask: (client: EngineClient) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await withDaemon(values.host, ask);
  } catch (error) {
    if (!(error instanceof AttestdError) || error.code === 'USAGE') throw error;
    process.stderr.write(`attestd: cannot tell: ${error.message}\n`);
    return undefined;
  } finally {
    await policy.close();
  }
}
