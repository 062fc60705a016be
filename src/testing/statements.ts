import type { Platform } from '../oci/descriptor.js';

/** Media type of a statement's blob. */
export const inTotoType = 'application/vnd.in-toto+json';

/** Predicate types that BuildKit writes. */
export const predicateTypes = {
  provenance: 'https://slsa.dev/provenance/v1',
  provenance02: 'https://slsa.dev/provenance/v0.2',
  spdx: 'https://spdx.dev/Document',
} as const;

/** An in-toto statement about a manifest. */
export function statementAbout(name: string, digest: string, predicateType: string, predicate: unknown): object {
  const [algorithm = '', encoded = ''] = digest.split(':');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType,
    subject: [{ name, digest: { [algorithm]: encoded } }],
    predicate,
  };
}

/** An SPDX document of one package. */
export function spdxDocument(name: string, created: string): Record<string, unknown> {
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `https://attestd.example/sbom/${name}`,
    creationInfo: { creators: ['Tool: attestd-fixtures'], created },
    packages: [
      { name: 'example', SPDXID: 'SPDXRef-Package-example', versionInfo: '1.2.3', downloadLocation: 'NOASSERTION' },
    ],
  };
}

/** SLSA v1 provenance of a Dockerfile build. */
export function slsaProvenance(name: string, platform: Platform, built: string): Record<string, unknown> {
  return {
    buildDefinition: {
      buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
      externalParameters: {
        configSource: { path: 'Dockerfile' },
        request: { frontend: 'dockerfile.v0', locals: [{ name: 'context' }, { name: 'dockerfile' }] },
      },
      internalParameters: { builderPlatform: `${platform.os}/${platform.architecture}` },
      resolvedDependencies: [],
    },
    runDetails: {
      builder: { id: 'https://attestd.example/builder' },
      metadata: { invocationId: `fixture-${name}`, startedOn: built, finishedOn: built },
    },
  };
}
