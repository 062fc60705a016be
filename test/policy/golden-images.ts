import { type ImageBuilder, image } from '../../src/testing/image.js';

const digest = (digit: string): string => digit.repeat(64);

/** Materials in test/golden/policy: one of each kind known to buildx, and one unknown. */
const materials = [
  { uri: 'pkg:docker/alpine@3.20?platform=linux%2Famd64', digest: { sha256: digest('1') } },
  { uri: `pkg:docker/registry.example/team/base@sha256:${digest('2')}`, digest: { sha256: digest('2') } },
  { uri: `pkg:docker/alpine?digest=sha256:${digest('3')}&platform=linux%2Farm%2Fv7` },
  { uri: 'pkg:docker/busybox@latest' },
  { uri: 'https://github.com/attestd/app.git#refs/tags/v1.2.3', digest: { sha1: '4'.repeat(40) } },
  { uri: `https://github.com/attestd/app.git#${'5'.repeat(40)}:sub/./folder`, digest: { sha1: '5'.repeat(40) } },
  { uri: 'https://github.com/attestd/app.git#main' },
  { uri: 'git@github.com:attestd/app.git#refs/heads/main' },
  { uri: 'ssh://git@example.com:22/attestd/app' },
  { uri: 'https://example.com/files/a.tar.gz?x=1&x=2&y=%20', digest: { sha256: digest('6') } },
  { uri: 'https://example.com' },
  { uri: 'pkg:npm/left-pad@1.0.0' },
  { uri: 'file:///etc/passwd' },
];

const v1 = {
  buildDefinition: {
    buildType: 'https://example.com/type',
    externalParameters: {
      configSource: {
        uri: 'https://github.com/attestd/app.git#main',
        digest: { sha1: 'a'.repeat(40) },
        path: 'Dockerfile',
      },
      request: {
        frontend: 'dockerfile.v0',
        args: { 'build-arg:VERSION': '1', 'build-arg:': 'none', target: 'release' },
      },
    },
    resolvedDependencies: materials,
  },
  runDetails: {
    builder: { id: 'https://attestd.example/builder' },
    metadata: {
      invocationId: 'run-1',
      startedOn: '2024-01-02T03:04:05.678+02:00',
      finishedOn: '2024-01-02T03:05:05Z',
      buildkit_hermetic: true,
      buildkit_completeness: { request: true, resolvedDependencies: true },
    },
  },
};

const v02 = {
  builder: { id: 'https://attestd.example/builder' },
  buildType: 'https://mobyproject.org/buildkit@v1',
  materials: materials.slice(0, 5),
  invocation: {
    configSource: {
      uri: 'https://github.com/attestd/app.git',
      digest: { sha1: 'b'.repeat(40) },
      entryPoint: 'Dockerfile',
    },
    parameters: { frontend: 'gateway.v0', args: { 'build-arg:A': 'b' } },
    environment: { platform: 'linux/amd64' },
  },
  metadata: {
    buildInvocationID: 'run-2',
    buildStartedOn: '2024-01-02T03:04:05Z',
    completeness: { parameters: true, environment: false, materials: true },
    reproducible: true,
    'https://mobyproject.org/buildkit@v1#hermetic': true,
  },
};

const configured = image('configured:1')
  .config({ User: '1000:1000', WorkingDir: '/srv/app', Volumes: { '/data': {} } })
  .label('a', 'b')
  .env('NAME', 'value');

const type02 = 'https://slsa.dev/provenance/v0.2';

/** Images that test/golden/policy/buildx.json has inputs of, beside fixtures, by the names there. */
export const goldenImages: Readonly<Record<string, ImageBuilder>> = {
  'all-materials': image('all-materials:1').provenance(v1),
  'all-materials-02': image('all-materials-02:1').statement(type02, v02),
  configured,
  'sbom-only': image('sbom-only:1').sbom(),
  'no-builder': image('no-builder:1').provenance({ ...v1, runDetails: {} }),
  'neither-type-nor-builder': image('neither:1').provenance({ buildDefinition: {}, runDetails: {} }),
  'second-provenance-counts': image('second:1').statement(type02, {}).provenance(v1),
  'foreign-source': image('foreign-source:1').provenance({
    ...v1,
    buildDefinition: {
      ...v1.buildDefinition,
      externalParameters: { configSource: { uri: 'https://example.com/else.git' } },
    },
  }),
  'other-builder': image('other-builder:1').provenance({
    ...v1,
    runDetails: { builder: { id: 'https://example.com' } },
  }),
  'arm-and-amd': image('arm-and-amd:1').platform('linux/arm64').provenance(v1).platform('linux/amd64').provenance(v1),
};

/** Fixtures, in fixtures/layouts, that are whole enough for a registry. */
export const goldenFixtures = [
  'amd64-variants',
  'attestation-of-unknown-type',
  'attestation-without-annotations',
  'attestation-without-platform',
  'attestation-without-reference',
  'buildkit-attested',
  'buildkit-legacy-storage',
  'buildkit-plain',
  'buildkit-slsa02',
  'docker-manifest-list',
  'duplicate-predicate-types',
  'five-platforms',
  'layer-without-predicate-type',
  'legacy-storage',
  'manifest-without-index',
  'no-attestations',
  'no-statement-layers',
  'odd-predicate-types',
  'provenance-and-sbom',
  'rich-descriptor',
  'statement-array',
  'statement-not-json',
  'statement-null',
  'statement-odd-json',
  'two-attestation-manifests',
];
