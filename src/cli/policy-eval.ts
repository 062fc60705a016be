import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Policy, type PolicyVerdict, signStatement, verificationSummary } from '../policy/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import { packageVersion } from '../support/foundation/package-files.js';
import type { FlagValues } from './arguments.js';
import { command as define } from './command.js';
import { readFlagFile } from './flag-file.js';
import { palette } from './output.js';
import { evaluateOnDaemon, exitUndecided, openPolicyFlag, policyFlags, questionOf } from './policy-options.js';

const flags = {
  policy: { type: 'string', value: 'FILE', help: 'an OPA bundle in WebAssembly, or an ES module' },
  ...policyFlags,
  request: {
    type: 'string',
    value: 'FILE',
    help: 'a create request in JSON, to judge a container and not the image alone',
  },
  vsa: { type: 'string', value: 'OUT', help: 'write a SLSA verification summary of the verdict to this file' },
  sign: { type: 'string', value: 'KEY', help: 'sign the summary with this private key in PEM: OUT is a DSSE envelope' },
  verifier: { type: 'string', value: 'URI', help: 'who verifies, in the summary; attestd without it' },
  json: { type: 'boolean', help: 'write the verdict as JSON' },
} as const;

type Values = FlagValues<typeof flags> & { readonly quiet?: boolean };

/** Default verifier. */
const ownVerifier = 'https://github.com/attestd/attestd';

async function requestOf(path: string | undefined): Promise<Record<string, unknown> | undefined> {
  if (path === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(await readFlagFile('request', path));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (error instanceof AttestdError) throw error;
  }
  throw new AttestdError('USAGE', `--request: '${path}' is no JSON object`);
}

async function writeSummary(
  verdict: PolicyVerdict,
  policy: Policy,
  values: Values,
  key: string | undefined,
): Promise<void> {
  const summary = verificationSummary(verdict, {
    verifier: values.verifier ?? ownVerifier,
    versions: { attestd: packageVersion() },
    policy: { uri: basename(values.policy ?? ''), digest: policy.digest },
    time: new Date(),
  });
  const statement = Buffer.from(JSON.stringify(summary));
  const text = key === undefined ? statement : JSON.stringify(signStatement(statement, key));
  const path = values.vsa as string;
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new AttestdError('USAGE', `--vsa: cannot write '${path}'`, { cause });
  }
}

/** The key that `--sign` names. @throws AttestdError USAGE for none, before anything is asked */
async function signingKeyOf(path: string): Promise<string> {
  const key = await readFlagFile('sign', path);
  try {
    createPrivateKey(key);
    return key;
  } catch (cause) {
    throw new AttestdError('USAGE', `--sign: '${path}' is no private key in PEM`, { cause });
  }
}

function show(image: string, verdict: PolicyVerdict, values: Values): void {
  const { allow, denyMessages, warnings, digest, doubts, failure, input } = verdict;
  const unknowns = input?.unknowns ?? [];
  if (values.json) {
    const value = { allow, reasons: denyMessages, warnings, unknowns, doubts, digest, failure };
    process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    return;
  }
  if (values.quiet) return;
  const { green, red, yellow, dim } = palette(process.stdout);
  const lines = [
    `${allow ? green('allowed') : doubts ? yellow('cannot tell of') : red('denied')} ${image} ${dim(digest ?? '')}`.trimEnd(),
    ...denyMessages.map((reason) => `  ${reason}`),
    ...warnings.map((warning) => `  ${yellow('warning')}: ${warning}`),
    ...(unknowns.length > 0 ? [dim(`  not known: ${unknowns.join(', ')}`)] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** `attestd policy eval IMAGE --policy FILE`. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags,
    notes: ["The daemon's own store is asked, and no registry."],
    exitCodes:
      '0 allowed, 1 denied, 2 usage, 3 cannot tell: no daemon, no such image, the policy failed, or denied for want of what is not known',
    example: 'attestd policy eval hello:signed --policy signed-by.tar.gz --key cosign.pub',
  },
  async ({ values, positionals: [image = ''] }) => {
    if (values.policy === undefined) throw new AttestdError('USAGE', '--policy FILE is missing');
    if (values.vsa === undefined && (values.sign !== undefined || values.verifier !== undefined))
      throw new AttestdError('USAGE', '--sign and --verifier need --vsa OUT');
    const request = await requestOf(values.request);
    const key = values.sign === undefined ? undefined : await signingKeyOf(values.sign);
    const question = {
      ...questionOf(image, values),
      ...(request && { container: { action: 'create', request } as const }),
    };
    const policy = await openPolicyFlag(values.policy, values);
    const verdict = await evaluateOnDaemon(policy, values, (client) => policy.judge(client, question));
    if (verdict === undefined) return exitUndecided;
    const told = verdict.failure === undefined && verdict.doubts === undefined;
    if (told && values.vsa !== undefined) await writeSummary(verdict, policy, values, key);
    show(image, verdict, values);
    if (!told) return exitUndecided;
    return verdict.allow ? 0 : 1;
  },
);
