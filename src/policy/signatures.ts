import { X509Certificate } from 'node:crypto';
import { type AttestationChain, type SignatureOutcome, type Trust, verifyAttestations } from '../client/index.js';
import { parseManifest, parseObject } from '../client/manifests.js';
import { certificateExtensions, distinguishedName } from './certificate.js';
import { asList, asObject, asText, type JsonObject } from './json-values.js';
import type { PolicyRejectedSignature, PolicySignature, PolicySigner, PolicyTimestamp } from './types.js';

const sigstoreIssuer = 'CN=sigstore-intermediate,O=sigstore.dev';
const actionsIssuer = 'https://token.actions.githubusercontent.com';
const github = 'https://github.com/';
const dockerBuilders = ['github-builder', 'github-builder-experimental'].map(
  (name) => `${github}docker/${name}/.github/workflows/`,
);

/** Classifies a signer by the rules of moby/policy-helpers (types/name.go). */
function kindOf(signer: PolicySigner, timed: boolean, type: PolicySignature['type']): PolicySignature['kind'] {
  if (signer.certificateIssuer !== sigstoreIssuer) return 'untrusted';
  const { buildSignerURI = '', subjectAlternativeName: subject, sourceRepositoryURI: source = '' } = signer;
  const hosted = signer.issuer === actionsIssuer && signer.runnerEnvironment === 'github-hosted';
  const ofGithub = hosted && source.startsWith(github);
  const within = (prefixes: readonly string[], uri: string): boolean => prefixes.some((one) => uri.startsWith(one));
  if (ofGithub && timed && type === 'bundle-v0.3')
    if (within(dockerBuilders, buildSignerURI) && within(dockerBuilders, subject)) return 'docker-github-builder';
  const own = [`${source}/.github/workflows/`];
  if (ofGithub && within(own, buildSignerURI) && within(own, subject)) return 'self-signed-github-repo';
  return 'self-signed';
}

/** Returns certificate and timestamps of a verified simple signature. cosign 2 stores them in the layer's annotations. */
async function simpleSigningMaterial(
  { manifest, blob, signer }: SignatureOutcome,
  chain: AttestationChain,
): Promise<JsonObject> {
  const { cosignMaterial, hasCertificate } = await import('../client/cosign-bundle.js');
  const subject = signer?.kind === 'certificate' ? signer.subject : undefined;
  const { layers = [] } = parseManifest(chain.blobs.get(manifest)?.data ?? Buffer.alloc(0)) ?? {};
  // Several signers may sign the same payload, one layer each.
  for (const { digest, annotations } of layers) {
    if (digest !== blob || !hasCertificate(annotations)) continue;
    const material = asObject(cosignMaterial(annotations));
    const names = certificateOf(material)?.subjectAltName ?? '';
    if (names.split(', ').some((name) => name.slice(name.indexOf(':') + 1) === subject)) return material;
  }
  return {};
}

/** Returns the certificate of a verified signature. */
function certificateOf(material: JsonObject): X509Certificate | undefined {
  const chain = asList(asObject(material.x509CertificateChain).certificates);
  const raw = asText(asObject(material.certificate).rawBytes) ?? asText(asObject(chain[0]).rawBytes);
  return raw === undefined ? undefined : new X509Certificate(Buffer.from(raw, 'base64'));
}

/** Addresses of the services that issue timestamps. */
interface TimestampSources {
  /** Transparency logs by log id. */
  readonly logs: ReadonlyMap<string, string>;
  /** Timestamp authorities by certificate serial number in hexadecimal. */
  readonly stamps: ReadonlyMap<string, string>;
}

/** Times of a signature that was verified. */
async function timestampsOf(
  material: JsonObject,
  { logs, stamps: authorities }: TimestampSources,
): Promise<PolicyTimestamp[]> {
  const found: PolicyTimestamp[] = [];
  for (const entry of asList(material.tlogEntries).map(asObject)) {
    const seconds = Number(entry.integratedTime);
    // Without a promise of the log, nothing vouches for the time.
    if (!(seconds > 0) || entry.inclusionPromise === undefined) continue;
    const uri = logs.get(asText(asObject(entry.logId).keyId) ?? '') ?? '';
    found.push({ type: 'Tlog', uri, timestamp: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') });
  }
  const stamps = asList(asObject(material.timestampVerificationData).rfc3161Timestamps).map(asObject);
  if (stamps.length === 0) return found;
  const { RFC3161Timestamp } = await import('@sigstore/core');
  for (const { signedTimestamp } of stamps) {
    const der = Buffer.from(asText(signedTimestamp) ?? '', 'base64');
    const { signingTime, signerSerialNumber } = RFC3161Timestamp.parse(der);
    const uri = authorities.get(signerSerialNumber.toString('hex')) ?? '';
    found.push({ type: 'TimestampAuthority', uri, timestamp: signingTime.toISOString().replace('.000Z', 'Z') });
  }
  return found;
}

/** The logs and timestamp authorities that a trusted root names. */
async function timestampSources(trust: Trust): Promise<TimestampSources> {
  const root = 'trustedRoot' in trust ? asObject(trust.trustedRoot) : {};
  const { X509Certificate: Parsed } = await import('@sigstore/core');
  const stamps = asList(root.timestampAuthorities)
    .map(asObject)
    .flatMap(({ uri, certChain }) =>
      asList(asObject(certChain).certificates).map((one) => {
        const { serialNumber } = Parsed.parse(Buffer.from(asText(asObject(one).rawBytes) ?? '', 'base64'));
        return [serialNumber.toString('hex'), asText(uri) ?? ''] as const;
      }),
    );
  const logs = asList(root.tlogs).map(asObject);
  return {
    logs: new Map(logs.map(({ logId, baseUrl }) => [asText(asObject(logId).keyId) ?? '', asText(baseUrl) ?? ''])),
    stamps: new Map(stamps),
  };
}

async function describe(outcome: SignatureOutcome, chain: AttestationChain, trust: Trust): Promise<PolicySignature> {
  const type = outcome.kind === 'bundle' ? 'bundle-v0.3' : 'simplesigning-v1';
  const document = parseObject(chain.blobs.get(outcome.blob)?.data ?? Buffer.alloc(0)) ?? {};
  const dockerReference =
    type === 'simplesigning-v1'
      ? asText(asObject(asObject(document.critical).identity)['docker-reference'])
      : undefined;
  const common = { type, ...(dockerReference !== undefined && { dockerReference }), digest: outcome.manifest } as const;
  if (outcome.signer?.kind === 'public-key') return { ...common, publicKey: outcome.signer.id };
  const material =
    type === 'bundle-v0.3' ? asObject(document.verificationMaterial) : await simpleSigningMaterial(outcome, chain);
  const certificate = certificateOf(material);
  if (certificate === undefined) return common;
  const signer: PolicySigner = {
    certificateIssuer: distinguishedName(certificate.issuer),
    subjectAlternativeName: outcome.signer?.subject ?? '',
    ...(await certificateExtensions(certificate)),
  };
  const timestamps = await timestampsOf(material, await timestampSources(trust));
  return {
    kind: kindOf(signer, timestamps.length > 0, type),
    ...common,
    ...(timestamps.length > 0 && { timestamps }),
    signer,
  };
}

/** Signatures of an image's attestations. */
export interface Signatures {
  readonly accepted: readonly PolicySignature[];
  readonly rejected: readonly PolicyRejectedSignature[];
}

/**
 * Verifies the signatures of a chain against each trust. One match is enough.
 *
 * @throws AttestdError INVALID_ARGUMENT for an invalid key or root
 */
export async function judgeSignatures(chain: AttestationChain, trusts: readonly Trust[]): Promise<Signatures> {
  const accepted = new Map<string, PolicySignature>();
  const rejected = new Map<string, PolicyRejectedSignature['reasons'][number][]>();
  for (const trust of trusts) {
    const { verified, reasons, signatures } = await verifyAttestations(chain, trust);
    for (const outcome of signatures) {
      const { manifest } = outcome;
      if (verified && outcome.verified) accepted.set(manifest, await describe(outcome, chain, trust));
      // A contradiction in the chain invalidates its otherwise valid signatures.
      else
        rejected.set(manifest, [...(rejected.get(manifest) ?? []), ...(outcome.verified ? reasons : outcome.reasons)]);
    }
  }
  return {
    accepted: [...accepted.values()],
    rejected: [...rejected]
      .filter(([digest]) => !accepted.has(digest))
      .map(([digest, found]) => ({ digest, reasons: found.map(({ code, detail }) => ({ code, detail })) })),
  };
}
