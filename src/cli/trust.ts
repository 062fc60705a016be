import type { Trust, TrustedIdentity } from '../client/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { FlagValues } from './arguments.js';
import { readFlagFile } from './flag-file.js';

/** Flags that say whose signatures count. */
export const trustFlags = {
  key: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'verify signatures with this public key, in PEM',
  },
  'trusted-root': { type: 'string', value: 'FILE', help: 'verify certificates with this sigstore trusted root' },
  identity: { type: 'string', value: 'NAME', help: 'whose certificates count, in full, with --trusted-root' },
  'identity-regexp': { type: 'string', value: 'PATTERN', help: 'the same as a pattern for the whole name' },
  issuer: { type: 'string', value: 'URL', help: 'who must have identified the signer, with --trusted-root' },
} as const;

type Values = FlagValues<typeof trustFlags>;

function parseFlag<T>(flag: string, text: string, what: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    throw new AttestdError('USAGE', `--${flag}: ${what}`, { cause });
  }
}

function identityOf(values: Values): TrustedIdentity {
  const { identity, 'identity-regexp': pattern, issuer } = values;
  if (identity !== undefined && pattern !== undefined)
    throw new AttestdError('USAGE', '--identity and --identity-regexp exclude each other');
  const name =
    pattern === undefined
      ? identity
      : parseFlag('identity-regexp', pattern, `'${pattern}' is not a pattern`, (text) => new RegExp(text));
  return { ...(name !== undefined && { subjectAlternativeName: name }), ...(issuer !== undefined && { issuer }) };
}

/**
 * Whose signatures count: each key, and the trusted root with its identity.
 *
 * @param values of `trustFlags`
 * @param keyFlag what the flag of keys is called
 * @throws AttestdError USAGE for files that cannot be read and flags that do not go together
 */
export async function readTrusts(values: Values, keyFlag = 'key'): Promise<Trust[]> {
  const { key: keys = [], 'trusted-root': root } = values;
  const identity = identityOf(values);
  if (root === undefined && Object.keys(identity).length > 0)
    throw new AttestdError('USAGE', '--identity, --identity-regexp and --issuer need --trusted-root FILE');
  const trusts: Trust[] = await Promise.all(
    keys.map(async (path) => ({ publicKey: await readFlagFile(keyFlag, path) })),
  );
  if (root !== undefined) {
    const text = await readFlagFile('trusted-root', root);
    trusts.push({ trustedRoot: parseFlag('trusted-root', text, `'${root}' is not JSON`, JSON.parse), identity });
  }
  return trusts;
}
