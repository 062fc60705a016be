/** Annotations and media types by which attestations are found (BuildKit's attestation storage format). */
export const annotations = {
  /** On a layer of an attestation manifest: the predicate type of its statement. */
  predicateType: 'in-toto.io/predicate-type',
  /** On a descriptor in an index: what it is in relation to another. */
  referenceType: 'vnd.docker.reference.type',
  /** On a descriptor in an index: the manifest that it is about. */
  referenceDigest: 'vnd.docker.reference.digest',
  /** On each manifest of a Docker hardened image. */
  hardenedBuild: 'com.docker.dhi.build.id',
  title: 'org.opencontainers.image.title',
} as const;

/** Value of the reference type that marks an attestation manifest. */
export const attestationManifest = 'attestation-manifest';
