/** Signatures of images as the Identity of API 1.53 has them, where a trusted root is given (docs/reference/behavior/images.md#image-identity). */
import type { SignatureReader } from '../../engine/images/identity.js';
import type { Platform } from '../../oci/descriptor.js';
import { formatPlatformAll } from '../../oci/platform.js';
import { type ImageAccess, type PolicySignature, type PolicySigner, seeImage, type Trust } from '../../policy/index.js';
import type { components } from '../../support/foundation/types.js';
import { storeAccess } from './store-access.js';

type SignatureIdentity = components['schemas']['SignatureIdentity'];
type SignerIdentity = components['schemas']['SignerIdentity'];

const github = 'https://github.com/';
const experimentalBuilder = `${github}docker/github-builder-experimental/.github/workflows/`;
const issuers: Readonly<Record<string, string>> = {
  'https://accounts.google.com': 'Google',
  [`${github}login/oauth`]: 'GitHub',
};

const repositoryOf = ({ sourceRepositoryURI: uri = '' }: PolicySigner): string =>
  uri.startsWith(github) ? uri.slice(github.length) : uri;

/** A signer in words, as moby/policy-helpers has them (types/name.go). */
export function signerName({ kind, signer }: Pick<PolicySignature, 'kind' | 'signer'>): string {
  if (signer === undefined || kind === undefined || kind === 'untrusted') return 'Untrusted';
  if (kind === 'self-signed-github-repo') return `GitHub Self-Signed (${repositoryOf(signer)})`;
  if (kind === 'self-signed') {
    const local = signer.runnerEnvironment === 'github-hosted' ? '' : ' Local';
    const issuer = issuers[signer.issuer ?? ''];
    return `Self-Signed${local}${issuer ? ` (${issuer}: ${signer.subjectAlternativeName})` : ''}`;
  }
  const experimental = signer.buildSignerURI?.startsWith(experimentalBuilder) ? ' Experimental' : '';
  const ref = /^refs\/(?:heads|tags)\/(.*)$/s.exec(signer.sourceRepositoryRef ?? '')?.[1];
  return `Docker GitHub Builder${experimental} (${repositoryOf(signer)}${ref === undefined ? '' : `@${ref}`})`;
}

/** The members of a signer as the API spells them. */
function signerIdentity(signer: PolicySigner): SignerIdentity {
  const spelled = Object.entries(signer).map(([name, value]) => [`${name[0]?.toUpperCase()}${name.slice(1)}`, value]);
  return Object.fromEntries(spelled) as SignerIdentity;
}

function identityOfSignature(signature: PolicySignature): SignatureIdentity {
  const { signer, timestamps, dockerReference, type } = signature;
  return {
    Name: signerName(signature),
    ...(timestamps && {
      Timestamps: timestamps.map(({ type: Type, uri: URI, timestamp: Timestamp }) => ({ Type, URI, Timestamp })),
    }),
    ...(dockerReference !== undefined && { DockerReference: dockerReference }),
    ...(signer && { Signer: signerIdentity(signer) }),
    SignatureType: type,
  };
}

async function read(
  access: ImageAccess,
  digest: string,
  platform: Platform,
  trusts: readonly Trust[],
): Promise<SignatureIdentity | undefined> {
  const { image } = await seeImage(access, digest, { platform, trusts });
  const [accepted] = image.signatures ?? [];
  if (accepted) return identityOfSignature(accepted);
  const [rejected] = image.rejectedSignatures ?? [];
  // Whoever is not trusted is not named.
  return rejected && { Error: rejected.reasons[0]?.detail ?? 'the signature is not trusted' };
}

/**
 * Tells of images' signatures by trusted roots; keys name nobody. What was verified is remembered while the store stays as it is.
 *
 * @returns undefined without a trusted root
 */
export function signatureReader(trust: readonly Trust[]): SignatureReader | undefined {
  const roots = trust.filter((one) => 'trustedRoot' in one);
  if (roots.length === 0) return undefined;
  const known = new WeakMap<ImageAccess, Map<string, Promise<SignatureIdentity | undefined>>>();
  return (context, digest, platform) => {
    const access = storeAccess(context);
    const found = known.get(access) ?? new Map<string, Promise<SignatureIdentity | undefined>>();
    known.set(access, found);
    const key = `${digest} ${formatPlatformAll(platform)}`;
    const before = found.get(key) ?? read(access, digest, platform, roots);
    found.set(key, before);
    return before;
  };
}
