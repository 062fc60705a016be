import { compareApiVersions, manifestsSince } from '../client/engine-client.js';
import {
  type AttestationChain,
  type AttestationSelection,
  type EngineClient,
  type ImageAttestation,
  resolveAttestations,
  type Trust,
  type Verification,
  verifyAttestations,
} from '../client/index.js';
import { platformText } from '../client/platform.js';
import { AttestdError } from '../support/foundation/errors.js';
import { type FlagValues, hostFlag } from './arguments.js';
import { type Platform, parsePlatform } from './daemon.js';
import { readTrusts, trustFlags } from './trust.js';

/** Flags of every command about attestations. */
export const selectionFlags = {
  ...hostFlag,
  platform: { type: 'string', value: 'OS/ARCH', help: "linux/arm64/v8 for example; the daemon's own without it" },
} as const;

/** Flags of commands that look at signatures. */
export const verificationFlags = {
  ...trustFlags,
  threshold: {
    type: 'string',
    value: 'NUMBER',
    help: 'how many of those who are trusted must have signed; 1 without it',
  },
  registry: { type: 'boolean', help: "look for signatures and statements in the image's registry too" },
} as const;

/** Who is trusted, and how many of them are needed. */
export interface Demand {
  readonly trusts: readonly Trust[];
  readonly threshold: number;
}

/** What was found about an image for a platform, and what became of it. */
export interface Findings {
  /** Undefined for the daemon's own. */
  readonly platform: Platform | undefined;
  readonly shown: readonly ImageAttestation[];
  /** Present when signatures were to be verified, or the registry asked. */
  readonly chain?: AttestationChain;
  readonly verification?: Verification;
}

/**
 * Who is trusted; undefined when nothing is to be verified.
 *
 * @throws AttestdError USAGE for files that cannot be read and numbers that are none
 */
export async function readDemand(values: FlagValues<typeof verificationFlags>): Promise<Demand | undefined> {
  const { threshold: text } = values;
  const trusts = await readTrusts(values);
  if (text !== undefined && !/^[1-9]\d{0,2}$/.test(text))
    throw new AttestdError('USAGE', `--threshold '${text}' is no number of signers`);
  if (trusts.length === 0) {
    if (text !== undefined) throw new AttestdError('USAGE', '--threshold needs --key FILE or --trusted-root FILE');
    return undefined;
  }
  return { trusts, threshold: Number(text ?? 1) };
}

/**
 * The platforms that an image has manifests for, in the index's order.
 *
 * @throws AttestdError NOT_IMPLEMENTED when the daemon is too old to tell
 */
async function platformsOf(client: EngineClient, image: string): Promise<Platform[]> {
  if (compareApiVersions(client.apiVersion, manifestsSince) < 0)
    throw new AttestdError(
      'NOT_IMPLEMENTED',
      `--all-platforms needs API ${manifestsSince}; this daemon speaks ${client.apiVersion}`,
    );
  const { Manifests = [] } = await client.inspectImage(image, { manifests: true });
  const platforms = (Manifests ?? []).flatMap(({ Kind, Descriptor, ImageData }) => {
    const platform = Descriptor?.platform ?? ImageData?.Platform;
    return Kind === 'image' && platform?.os && platform.os !== 'unknown' ? [platform] : [];
  });
  return [...new Map(platforms.map((platform) => [platformText(platform), platform])).values()];
}

/**
 * Which platforms flags ask for; undefined among them is the daemon's own.
 *
 * @returns finds them for an image
 * @throws AttestdError USAGE for what is no platform, or is one and all
 */
export function platformsAsked(values: {
  readonly platform?: string;
  readonly 'all-platforms'?: boolean;
}): (client: EngineClient, image: string) => Promise<readonly (Platform | undefined)[]> {
  const { platform: text, 'all-platforms': all = false } = values;
  if (all && text !== undefined) throw new AttestdError('USAGE', '--platform and --all-platforms exclude each other');
  const platform = text === undefined ? undefined : parsePlatform(text);
  return async (client, image) => (all ? platformsOf(client, image) : [platform]);
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

/**
 * Find the attestations of an image, and judge them where somebody is trusted.
 *
 * @throws AttestdError NOT_FOUND, NOT_IMPLEMENTED, UNAVAILABLE
 */
export async function findAttestations(
  client: EngineClient,
  image: string,
  selection: AttestationSelection,
  { demand, registry = false }: { readonly demand?: Demand | undefined; readonly registry?: boolean | undefined },
): Promise<Findings> {
  const shown = await fetchAttestations(client, image, selection);
  const { platform } = selection;
  if (demand === undefined && !registry) return { platform, shown };
  const predicateTypes = shown.map(({ predicateType }) => predicateType);
  const chain = await resolveAttestations(client, image, { predicateTypes, registry, ...(platform && { platform }) });
  if (demand === undefined) return { platform, shown, chain };
  const { trusts, threshold } = demand;
  return { platform, shown, chain, verification: await verifyAttestations(chain, trusts, { threshold }) };
}
