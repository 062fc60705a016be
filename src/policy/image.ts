import { compareApiVersions } from '../client/engine-client.js';
import { type AttestationChain, type ImageAccess, resolveAttestations, type Trust } from '../client/index.js';
import { parseManifest, parseObject, predicateTypeOf } from '../client/manifests.js';
import { platformText } from '../client/platform.js';
import { subjectsOf } from '../client/statement.js';
import type { ImageInspect, OCIPlatform } from '../support/foundation/types.js';
import { asObject, withoutUndefined } from './json-values.js';
import { normalizeProvenance, provenanceTypes } from './provenance.js';
import { judgeSignatures } from './signatures.js';
import type { PolicyAttestation, PolicyImage, PolicyProvenance } from './types.js';

type Platform = NonNullable<OCIPlatform>;

/** Maximum size of one blob, and of all statements of an image, in bytes. */
const maximumBlob = 16 * 1024 * 1024;
const maximumStatements = 32 * 1024 * 1024;

/** First API version with a platform parameter in image inspect. */
const platformSince = '1.49';

const evidence = ['hasProvenance', 'provenance', 'signatures', 'attestations'];
const configured = ['createdTime', 'env', 'labels', 'user', 'volumes', 'workingDir'];

/** Image facts that depend on its content only, not on its name. */
export interface SeenImage {
  /** Digest of the index or manifest. The image id if the daemon reports no descriptor. */
  readonly digest: string;
  /** Digest of the manifest for the platform. Undefined without an index. */
  readonly manifest?: string;
  readonly image: PolicyImage;
  /** Members that could not be determined, sorted as in the input. */
  readonly unknowns: readonly string[];
}

/** Options for looking up an image. */
export interface SeeOptions {
  /** Default: the platform that the daemon selects for a container. */
  readonly platform?: Platform;
  /** Trusted signers. */
  readonly trusts?: readonly Trust[];
}

/** Reports whether the attestations are unknowable: the index is missing or does not lead to the platform. */
const isHidden = ({ gaps, imageManifest }: AttestationChain): boolean =>
  gaps.some(
    ({ part, reason }) =>
      reason === 'no-platform' ||
      reason === 'needs-registry' ||
      (part === 'root' && reason !== 'not-an-index' && imageManifest === undefined),
  );

/** Extracts the members that image inspect takes from the image configuration. */
function configuration({ Config, Created }: ImageInspect): PolicyImage {
  const { Env, Labels, User, Volumes, WorkingDir } = Config ?? {};
  const volumes = Object.keys(Volumes ?? {}).sort();
  const created = Created !== undefined && !Number.isNaN(Date.parse(Created)) ? Created : undefined;
  return withoutUndefined({
    createdTime: created?.replace(/\.\d+/, ''),
    env: Env?.length ? Env : undefined,
    labels: Labels && Object.keys(Labels).length > 0 ? Labels : undefined,
    user: User || undefined,
    volumes: volumes.length > 0 ? volumes : undefined,
    workingDir: WorkingDir || undefined,
  }) as PolicyImage;
}

function describePlatform(platform: Platform): PolicyImage {
  const { os, architecture, variant } = platform;
  return withoutUndefined({
    platform: platformText(platform),
    os: os || undefined,
    arch: architecture || undefined,
    variant: variant || undefined,
  }) as PolicyImage;
}

interface Statements {
  readonly attestations: readonly PolicyAttestation[];
  readonly provenance: PolicyProvenance | undefined;
  readonly unknowns: readonly string[];
}

/** Reads the statements of the attestation manifest, in manifest order. */
function statementsOf(chain: AttestationChain, platform: string | undefined): Statements {
  const manifest = parseManifest(chain.blobs.get(chain.attestationManifest ?? '')?.data ?? Buffer.alloc(0));
  const all = manifest?.layers ?? [...chain.blobs.values()].map(({ descriptor }) => descriptor);
  const layers = all.filter(predicateTypeOf);
  const unknowns: string[] = [];
  let provenance: PolicyProvenance | undefined;
  let hidden = false;
  let room = maximumStatements;
  const attestations = layers.map((layer, at): PolicyAttestation => {
    const { digest = '' } = layer;
    const predicateType = predicateTypeOf(layer);
    const data = chain.blobs.get(digest)?.data;
    room -= data?.length ?? 0;
    if (data === undefined || room < 0) {
      unknowns.push(`attestations[${at}].predicate`);
      hidden ||= Object.values<string>(provenanceTypes).includes(predicateType);
      return { predicateType, digest };
    }
    const statement = parseObject(data);
    const subjects = subjectsOf(statement);
    const isAboutImage = subjects.includes(chain.imageManifest ?? '');
    // Provenance about another image is ignored.
    if (isAboutImage && statement) provenance ??= normalizeProvenance(statement, predicateType, platform);
    const { predicate } = statement ?? {};
    return { predicateType, digest, subjects, isAboutImage, ...(predicate !== undefined && { predicate }) };
  });
  const unread = manifest === undefined && attestations.length === 0;
  return {
    attestations,
    provenance,
    unknowns: [
      ...(provenance === undefined && (hidden || unread) ? ['provenance'] : []),
      ...(unread ? ['attestations'] : []),
      ...unknowns,
    ],
  };
}

/** Returns the manifest for the platform. A root that is a manifest stands for itself. */
function manifestOf({ imageManifest, root }: AttestationChain, { Descriptor }: ImageInspect): PolicyImage {
  if (imageManifest !== undefined) return { manifest: imageManifest };
  return Descriptor?.mediaType?.includes('.manifest.v') ? { manifest: root } : {};
}

/** Verifies the signatures of the attestation manifest. The second element lists what could not be determined. */
async function signaturesOf(chain: AttestationChain, trusts: readonly Trust[]): Promise<[PolicyImage, string[]]> {
  const unlooked = chain.gaps.some(({ part, reason }) => part === 'signature-manifest' && reason !== 'no-signature');
  if (chain.signatureManifests.length === 0) return [{}, unlooked ? ['signatures'] : []];
  if (trusts.length === 0) return [{}, ['signatures']];
  const { accepted, rejected } = await judgeSignatures(chain, trusts);
  const found = {
    ...(accepted.length > 0 && { signatures: accepted }),
    ...(rejected.length > 0 && { rejectedSignatures: rejected }),
  };
  return [found, accepted.length === 0 && unlooked ? ['signatures'] : []];
}

/**
 * Collects the facts about an image that a policy may read: those that BuildKit resolves for a source image, but from the
 * daemon's own store and without a registry (docs/reference/policy.md#the-input).
 *
 * @param access a daemon or a local store
 * @param image name, name@digest or id. Resolved once; later requests use the digest.
 * @throws AttestdError NOT_FOUND if the image is missing, UNAVAILABLE if the daemon does not answer
 */
export async function seeImage(access: ImageAccess, image: string, options: SeeOptions = {}): Promise<SeenImage> {
  const inspected = await access.inspectImage(image);
  return seeInspected(access, inspected, options);
}

/** Same as `seeImage` for an inspected image. */
export async function seeInspected(
  access: ImageAccess,
  inspected: ImageInspect,
  { platform: asked, trusts = [] }: SeeOptions,
): Promise<SeenImage> {
  const digest = inspected.Descriptor?.digest ?? inspected.Id ?? '';
  const { Os = '', Architecture = '', Variant } = inspected;
  const platform = asked ?? { os: Os, architecture: Architecture, ...(Variant && { variant: Variant }) };
  const chain = await resolveAttestations(access, digest, {
    platform,
    predicateTypes: 'all',
    maximumBlob,
  });
  const configurable = asked === undefined || compareApiVersions(access.apiVersion, platformSince) >= 0;
  const ofPlatform = asked === undefined ? inspected : configurable && (await inspectFor(access, digest, asked));
  const base: PolicyImage = {
    ...describePlatform(platform),
    checksum: digest,
    ...manifestOf(chain, inspected),
    ...(ofPlatform && configuration(ofPlatform)),
  };
  const unconfigured = ofPlatform ? [] : configured;
  const found = { digest, ...(chain.imageManifest !== undefined && { manifest: chain.imageManifest }) };
  if (isHidden(chain)) return { ...found, image: base, unknowns: [...unconfigured, ...evidence].map(imageMember) };
  const { attestations, provenance, unknowns } = statementsOf(chain, base.platform);
  const attested = chain.attestationManifest !== undefined;
  const [signed, unsigned] = await signaturesOf(chain, trusts);
  return {
    ...found,
    image: {
      ...base,
      ...(attested && { hasProvenance: true }),
      ...(provenance && { provenance }),
      ...signed,
      ...(attestations.length > 0 && { attestations }),
    },
    unknowns: [...unconfigured, ...(attested ? unknowns : []), ...unsigned].map(imageMember),
  };
}

const imageMember = (member: string): string => `image.${member}`;

/** Inspects an image for a platform. Returns undefined if the platform's content is missing. */
async function inspectFor(access: ImageAccess, digest: string, platform: Platform): Promise<ImageInspect | undefined> {
  try {
    return await access.inspectImage(digest, { platform: JSON.stringify(platform) });
  } catch (error) {
    if (asObject(error).code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
