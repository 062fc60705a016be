import {
  type AttestationChain,
  type AttestationSelection,
  connect,
  type EngineClient,
  type ImageAttestation,
  resolveAttestations,
  summarizeStatement,
  type Trust,
  type Verification,
  verifyAttestations,
} from '../client/index.js';
import { AttestdError } from '../errors.js';
import type { FlagValues } from './arguments.js';
import { attestationsTable, registryLines, verificationLines } from './attestations-table.js';
import { command as define } from './command.js';
import { palette } from './terminal.js';
import { readTrusts, trustFlags } from './trust.js';

const flags = {
  host: { type: 'string', short: 'H', value: 'URL', help: 'the daemon; found as the docker CLI finds it without it' },
  platform: { type: 'string', value: 'OS/ARCH', help: "linux/arm64/v8 for example; the daemon's own without it" },
  type: { type: 'string', multiple: true, value: 'TYPE', help: 'only this predicate type' },
  statement: { type: 'boolean', help: 'write the statements as they are, one a line' },
  ...trustFlags,
  registry: { type: 'boolean', help: "look for signatures and statements in the image's registry too" },
  verify: { type: 'boolean', help: 'what --key and --trusted-root imply' },
  json: { type: 'boolean', help: 'write JSON instead of a table' },
} as const;

type Values = FlagValues<typeof flags> & { readonly quiet?: boolean };

function parsePlatform(text: string): NonNullable<AttestationSelection['platform']> {
  const [os, architecture, variant, ...rest] = text.split('/');
  if (!os || !architecture || rest.length > 0 || variant === '')
    throw new AttestdError('USAGE', `--platform '${text}' is not of the form os/arch[/variant]`);
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

/** What is trusted; undefined when nothing is to be verified. */
async function readTrust(values: Values): Promise<Trust | undefined> {
  const [trust, another] = await readTrusts(values);
  if (another)
    throw new AttestdError('USAGE', '--key and --trusted-root exclude each other, and there can be one of each');
  if (trust === undefined && values.verify)
    throw new AttestdError('USAGE', '--verify needs --key FILE or --trusted-root FILE');
  return trust;
}

/** The attestations with their statements; without, where the daemon cannot give one of these. */
async function fetchAttestations(
  client: EngineClient,
  image: string,
  selection: AttestationSelection,
): Promise<ImageAttestation[]> {
  try {
    return await client.imageAttestations(image, { ...selection, statement: true });
  } catch (error) {
    if (!(error instanceof AttestdError) || !['NOT_FOUND', 'CORRUPT', 'INTERNAL'].includes(error.code)) throw error;
    // An image that is not there fails again, and then it counts.
    return client.imageAttestations(image, selection);
  }
}

/** What was found about an image, and what became of it. */
interface Findings {
  readonly shown: readonly ImageAttestation[];
  /** Present when signatures were to be verified, or the registry asked. */
  readonly chain?: AttestationChain;
  readonly verification?: Verification;
}

async function find(
  client: EngineClient,
  image: string,
  selection: AttestationSelection,
  values: Values,
  trust?: Trust,
): Promise<Findings> {
  const shown = await fetchAttestations(client, image, selection);
  if (trust === undefined && !values.registry) return { shown };
  const predicateTypes = shown.map(({ predicateType }) => predicateType);
  const { platform } = selection;
  const registry = values.registry ?? false;
  const chain = await resolveAttestations(client, image, { predicateTypes, registry, ...(platform && { platform }) });
  return { shown, chain, ...(trust && { verification: await verifyAttestations(chain, trust) }) };
}

/** What `--json` writes. */
function toJson({ shown, chain, verification }: Findings): string {
  const attestations = shown.map(({ descriptor, predicateType, statement }) => ({
    predicateType,
    descriptor,
    ...(statement && summarizeStatement(statement)),
  }));
  const registry = chain?.statements?.map(({ statement, ...one }) => ({ ...one, ...summarizeStatement(statement) }));
  return `${JSON.stringify({ attestations, registry, verification }, null, 2)}\n`;
}

/** Bytes go out as they came in. */
function writeStatements(shown: readonly ImageAttestation[]): void {
  for (const { statement } of shown)
    process.stdout.write(Buffer.concat([statement ?? Buffer.alloc(0), Buffer.from('\n')]));
}

/** What an empty answer means, in words. */
function noneText(image: string, { platform, types }: AttestationSelection): string {
  const where = platform
    ? ` for ${[platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')}`
    : '';
  const what = types ? ` of type ${types.join(' or ')}` : '';
  return `${image} has no attestations${what}${where}\n`;
}

/** Write what was asked for; returns the exit code. */
async function show(client: EngineClient, image: string, values: Values): Promise<number> {
  const trust = await readTrust(values);
  const selection: AttestationSelection = {
    ...(values.platform !== undefined && { platform: parsePlatform(values.platform) }),
    ...(values.type && { types: values.type }),
  };
  if (values.statement) {
    writeStatements(await client.imageAttestations(image, { ...selection, statement: true }));
    return 0;
  }
  const findings = await find(client, image, selection, values, trust);
  const { shown, chain, verification } = findings;
  const colours = palette(process.stdout);
  if (values.json) process.stdout.write(toJson(findings));
  else {
    if (shown.length > 0) process.stdout.write(attestationsTable(shown, verification, colours));
    else if (!values.quiet) process.stdout.write(noneText(image, selection));
    if (verification) process.stdout.write(verificationLines(verification, colours));
    else if (chain) process.stdout.write(registryLines(chain));
  }
  return verification && !verification.verified ? 1 : 0;
}

/** `attestd attestations IMAGE`: show the attestations of an image. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags,
    notes: ['The daemon needs API 1.55, which Docker Engine 29.6 has.'],
    exitCodes: '0 shown, 1 the image is not there or its signatures do not hold, 2 usage or no daemon',
    example: 'attestd attestations hello:signed --key cosign.pub',
  },
  async ({ values, positionals }) => {
    const verifies = values.verify || values.key !== undefined || values['trusted-root'] !== undefined;
    if (values.statement && (values.json || verifies))
      throw new AttestdError('USAGE', '--statement writes statements and nothing else');
    const client = await connect(values.host === undefined ? {} : { host: values.host });
    try {
      return await show(client, positionals[0] as string, values);
    } finally {
      client.close();
    }
  },
);
