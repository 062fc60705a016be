import { readFile } from 'node:fs/promises';
import type { Trust } from '../client/index.js';
import { AttestdError } from '../errors.js';

/** Flags that name whose signatures count. */
export interface TrustFlags {
  /** Files of public keys. */
  readonly keys: readonly string[];
  /** File of a sigstore trusted root. */
  readonly root: string | undefined;
}

async function read(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AttestdError('USAGE', `--${flag}: cannot read '${path}'`, { cause });
  }
}

/**
 * Whose signatures count for a policy: each key, and whom the root's authorities have certified.
 *
 * @param keyFlag name of the flag that gives keys, for messages
 * @throws AttestdError USAGE for a file that cannot be read, or a root that is no JSON
 */
export async function policyTrust(keyFlag: string, { keys, root }: TrustFlags): Promise<Trust[]> {
  const trusts: Trust[] = [];
  for (const path of keys) trusts.push({ publicKey: await read(keyFlag, path) });
  if (root === undefined) return trusts;
  const text = await read('trusted-root', root);
  try {
    return [...trusts, { trustedRoot: JSON.parse(text) as unknown }];
  } catch (cause) {
    throw new AttestdError('USAGE', `--trusted-root: '${root}' is not JSON`, { cause });
  }
}
