import { connect, type EngineClient } from '../client/index.js';
import { AttestdError } from '../errors.js';
import { openPolicy, type Policy, type PolicyFunction, type PolicyQuestion } from '../policy/index.js';
import type { FlagValues } from './arguments.js';
import { readTrusts, trustFlags } from './trust.js';

/** Flags of the commands that look at an image for a policy. */
export const askingFlags = {
  host: { type: 'string', short: 'H', value: 'URL', help: 'the daemon; found as the docker CLI finds it without it' },
  platform: { type: 'string', value: 'OS/ARCH', help: 'linux/arm64/v8 for example; what a container gets without it' },
  ...trustFlags,
} as const;

type Values = FlagValues<typeof askingFlags>;

/** Exit code where there is no verdict, or none to rely on. */
export const cannotTell = 3;

/** @throws AttestdError USAGE */
export function questionOf(image: string, { platform }: Values): PolicyQuestion {
  if (platform === undefined) return { image };
  const [os, architecture, variant, ...rest] = platform.split('/');
  if (!os || !architecture || rest.length > 0 || variant === '')
    throw new AttestdError('USAGE', `--platform '${platform}' is not of the form os/arch[/variant]`);
  return { image, platform: { os, architecture, ...(variant !== undefined && { variant }) } };
}

/**
 * Open a policy that flags name; what is wrong with it is wrong usage.
 *
 * @throws AttestdError USAGE
 */
export async function openAsked(source: string | PolicyFunction, values: Values): Promise<Policy> {
  const trusts = await readTrusts(values);
  try {
    return await openPolicy(source, { trusts });
  } catch (error) {
    if (error instanceof AttestdError) throw new AttestdError('USAGE', error.message, { cause: error });
    throw error;
  }
}

/**
 * Ask about an image of a daemon; undefined, and a line on standard error, where it could not be looked at.
 *
 * @param ask gets the connection
 */
export async function askDaemon<T>(
  policy: Policy,
  values: Values,
  ask: (client: EngineClient) => Promise<T>,
): Promise<T | undefined> {
  let client: EngineClient | undefined;
  try {
    client = await connect(values.host === undefined ? {} : { host: values.host });
    return await ask(client);
  } catch (error) {
    if (!(error instanceof AttestdError) || error.code === 'USAGE') throw error;
    process.stderr.write(`attestd: cannot tell: ${error.message}\n`);
    return undefined;
  } finally {
    client?.close();
    await policy.close();
  }
}
