import { readFile } from 'node:fs/promises';
import {
  type AttestationSelection,
  connect,
  type EngineClient,
  type ImageAttestation,
  resolveAttestations,
  summarizeStatement,
  type Verification,
  verifyAttestations,
} from '../client/index.js';
import { AttestdError } from '../errors.js';
import { type CommandLine, type FlagValues, palette, parseCommandLine } from './arguments.js';
import { attestationsTable, reasonLines } from './attestations-table.js';

const flags = {
  host: { type: 'string', short: 'H', value: 'URL', help: 'the daemon; found as the docker CLI finds it without it' },
  platform: { type: 'string', value: 'OS/ARCH', help: "linux/arm64/v8 for example; the daemon's own without it" },
  type: { type: 'string', multiple: true, value: 'TYPE', help: 'only this predicate type' },
  statement: { type: 'boolean', help: 'write the statements as they are, one a line' },
  verify: { type: 'boolean', help: 'verify signatures with the key of --key; exit code 1 when they do not hold' },
  key: { type: 'string', value: 'FILE', help: 'public key in PEM' },
  json: { type: 'boolean', help: 'write JSON instead of a table' },
} as const;

const line: CommandLine<typeof flags> = {
  name: 'attestations',
  summary: "Show an image's attestations, of any daemon with API 1.55 (Engine 29.6).",
  positionals: ['IMAGE'],
  flags,
};

type Values = FlagValues<typeof flags>;

function parsePlatform(text: string): NonNullable<AttestationSelection['platform']> {
  const [os, architecture, variant, ...rest] = text.split('/');
  if (!os || !architecture || rest.length > 0 || variant === '')
    throw new AttestdError('USAGE', `attestations: --platform '${text}' is not of the form os/arch[/variant]`);
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

async function readKey(values: Values): Promise<string | undefined> {
  if ((values.verify ?? false) !== (values.key !== undefined))
    throw new AttestdError('USAGE', 'attestations: --verify and --key go together');
  if (values.key === undefined) return undefined;
  try {
    return await readFile(values.key, 'utf8');
  } catch (cause) {
    throw new AttestdError('USAGE', `attestations: --key: cannot read '${values.key}'`, { cause });
  }
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

async function verify(
  client: EngineClient,
  image: string,
  selection: AttestationSelection,
  shown: readonly ImageAttestation[],
  publicKey: string,
): Promise<Verification> {
  const predicateTypes = shown.map(({ predicateType }) => predicateType);
  const { platform } = selection;
  const chain = await resolveAttestations(client, image, { predicateTypes, ...(platform && { platform }) });
  return verifyAttestations(chain, { publicKey });
}

/** What `--json` writes. */
function toJson(shown: readonly ImageAttestation[], verification: Verification | undefined): string {
  const attestations = shown.map(({ descriptor, predicateType, statement }) => ({
    predicateType,
    descriptor,
    ...(statement && summarizeStatement(statement)),
  }));
  return `${JSON.stringify({ attestations, ...(verification && { verification }) }, null, 2)}\n`;
}

/** Bytes go out as they came in. */
function writeStatements(shown: readonly ImageAttestation[]): void {
  for (const { statement } of shown)
    process.stdout.write(Buffer.concat([statement ?? Buffer.alloc(0), Buffer.from('\n')]));
}

/**
 * `attestd attestations IMAGE`: show the attestations of an image.
 *
 * @returns the exit code: 1 when signatures were to be verified and do not hold
 * @throws AttestdError USAGE for flags that make no sense; what the client throws
 */
export async function attestations(args: string[]): Promise<number> {
  const parsed = parseCommandLine(line, args);
  if (!parsed) return 0;
  const { values, positionals } = parsed;
  const image = positionals[0] as string;
  if (values.statement && (values.json || values.verify))
    throw new AttestdError('USAGE', 'attestations: --statement writes statements and nothing else');
  const publicKey = await readKey(values);
  const selection: AttestationSelection = {
    ...(values.platform !== undefined && { platform: parsePlatform(values.platform) }),
    ...(values.type && { types: values.type }),
  };
  const client = await connect(values.host === undefined ? {} : { host: values.host });
  try {
    if (values.statement) {
      writeStatements(await client.imageAttestations(image, { ...selection, statement: true }));
      return 0;
    }
    const shown = await fetchAttestations(client, image, selection);
    const verification = publicKey === undefined ? undefined : await verify(client, image, selection, shown, publicKey);
    if (values.json) process.stdout.write(toJson(shown, verification));
    else {
      process.stdout.write(attestationsTable(shown, verification, palette(process.stdout)));
      if (verification) process.stderr.write(reasonLines(verification));
    }
    return verification && !verification.verified ? 1 : 0;
  } finally {
    client.close();
  }
}
