import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type Descriptor, type Kit, media } from './kit.js';
import { type Recipe, types } from './recipe.js';
import { indexed } from './recipes-sound.js';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const payloadType = 'application/vnd.in-toto+json';

/** DER prefix of an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A private key that is published in the suite's source, so that its signatures prove nothing. */
const key = createPrivateKey({
  key: Buffer.concat([pkcs8, createHash('sha256').update('a key that nobody trusts').digest()]),
  format: 'der',
  type: 'pkcs8',
});

/** A sigstore bundle over a manifest: a DSSE envelope around a statement about it. */
function bundle(digest: string): string {
  const payload = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: digest.replace('sha256:', '') } }],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    }),
  );
  const message = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return JSON.stringify({
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: createHash('sha256').update(der).digest('base64') } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType,
      signatures: [{ sig: sign(null, message, key).toString('base64') }],
    },
  });
}

/** A signature manifest as containerd exports it with an image: an annotation refers to the signed manifest. */
function signature(kit: Kit, { mediaType, digest, size }: Descriptor): Descriptor {
  const manifest = kit.json(media.manifest, {
    schemaVersion: 2,
    mediaType: media.manifest,
    artifactType: bundleType,
    config: kit.put('application/vnd.oci.empty.v1+json', '{}'),
    layers: [kit.put(bundleType, bundle(digest))],
    subject: { mediaType, digest, size },
  });
  return { ...manifest, annotations: { 'io.containerd.manifest.subject': digest } };
}

export const signed: Recipe = {
  summary: 'attestations that a stranger has signed',
  make(kit) {
    const image = kit.image(kit.host);
    const attestations = [types.provenance].map((predicateType) => ({
      predicateType,
      bytes: kit.statement(predicateType, image.descriptor),
    }));
    const { descriptor, layers } = kit.attestationManifest(image.descriptor, attestations, { artifact: true });
    const draft = indexed(kit, [image], [{ subject: image.descriptor, manifest: descriptor, layers, attestations }]);
    return { ...draft, beside: [signature(kit, descriptor)] };
  },
};
