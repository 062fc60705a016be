import { type Area, answers, ignores, type Mutant, type Reply, requests } from '../mutant.js';

const create = /^\/images\/create$/;
const image = /^\/images\/.+$/;
const inspect = /^\/images\/.+\/json$/;
const list = /^\/images\/json$/;
const lookup = /^\/distribution\/.+\/json$/;

type Json = Record<string, unknown>;

/** A change of every answer that is an object. */
const one =
  (change: (value: Json) => Json) =>
  (reply: Reply): Reply =>
    reply.edit((value) => change(value as Json));

/** A mutant that keeps a header back. */
const headerless = (name: string): Pick<Mutant, 'after'> => ({
  after: (_, reply) => reply.withHeader(name, undefined),
});

const mutants: readonly Mutant[] = [
  {
    id: 'should-lookup-500',
    title: 'a registry that refuses access is answered 500',
    ...answers('GET', lookup, (reply) => reply.withStatus(500), 401),
  },
  {
    id: 'should-build-history',
    title: 'the history of an image that was built names no instruction',
    ...answers('GET', /^\/images\/.+\/built:v1\/history$/, (reply) => reply.members('CreatedBy', () => '"step"')),
  },
  {
    id: 'should-build-platform',
    title: 'the platform of a build is ignored',
    ...ignores('POST', /^\/build$/, 'platform'),
  },
  {
    id: 'should-import-layer',
    title: 'layers have other digests than their tars',
    ...answers(
      'GET',
      inspect,
      one((body) => ({ ...body, RootFS: { Type: 'layers', Layers: [`sha256:${'0'.repeat(64)}`] } })),
    ),
  },
  {
    id: 'should-import-foreign',
    title: 'an import without a platform is for riscv64',
    ...requests('POST', create, (asked) =>
      asked.query.has('fromSrc') && !asked.query.has('platform')
        ? asked.ask((query) => query.set('platform', 'linux/riscv64'))
        : undefined,
    ),
  },
  {
    id: 'should-pull-foreign',
    title: 'what is for other platforms is pulled unasked',
    ...requests('POST', create, (asked) =>
      asked.query.get('fromImage')?.includes('/foreign') && !asked.query.has('platform')
        ? asked.ask((query) => query.set('platform', 'linux/s390x'))
        : undefined,
    ),
  },
  {
    id: 'should-scratch-500',
    title: 'the name scratch is answered 500',
    ...answers('POST', create, (reply) => reply.withStatus(500), 403),
  },
  {
    id: 'should-delete-bad-name',
    title: 'a name that cannot be is not found by a delete',
    ...answers('DELETE', image, (reply) => reply.withStatus(404), 400),
  },
  { id: 'should-delete-noprune', title: 'noprune is ignored', ...ignores('DELETE', image, 'noprune') },
  {
    id: 'should-delete-unforced',
    title: 'a platform is deleted without force',
    ...requests('DELETE', image, (asked) =>
      asked.query.has('platforms') ? asked.ask((query) => query.set('force', '1')) : undefined,
    ),
  },
  {
    id: 'should-push-digest',
    title: 'a push tells another digest than the registry has',
    ...answers('POST', /^\/images\/.+\/push$/, (reply) =>
      reply.withText(reply.text.replaceAll(/sha256:[0-9a-f]{64}/g, `sha256:${'0'.repeat(64)}`)),
    ),
  },
  {
    id: 'should-push-anonymous',
    title: 'a push without credentials fails',
    ...answers('POST', /^\/images\/.+\/push$/, (reply) =>
      reply.withText(`${reply.text}{"error":"no credentials","errorDetail":{"message":"no credentials"}}\r\n`),
    ),
  },
  {
    id: 'should-event-scope',
    title: 'events are of a swarm',
    line: (_, line) => line.replace('"scope":"local"', '"scope":"swarm"'),
  },
  {
    id: 'should-list-map-filters',
    title: 'the older form of filters is left out',
    ...requests('GET', list, (asked) =>
      /^\{"[a-z]+":\{/.test(asked.query.get('filters') ?? '')
        ? asked.ask((query) => query.delete('filters'))
        : undefined,
    ),
  },
  {
    id: 'should-list-oldest-first',
    title: 'older images come first',
    ...answers('GET', list, (reply) => reply.elements((images) => images.reverse())),
  },
  {
    id: 'should-list-since-unknown',
    title: 'since with an unknown image selects nothing',
    ...answers('GET', list, (reply) => reply.withStatus(200).withText('[]\n'), 404),
  },
  {
    id: 'should-prune-reclaims-nothing',
    title: 'a prune tells that nothing was reclaimed',
    ...answers('POST', /^\/images\/prune$/, (reply) => reply.members('SpaceReclaimed', () => '0')),
  },
  {
    id: 'should-usage-nameless',
    title: 'disk usage has no names',
    ...answers('GET', /^\/system\/df$/, (reply) => reply.members('RepoTags', () => '[]')),
  },
  {
    id: 'should-history-comments',
    title: 'steps have no comments',
    ...answers('GET', /^\/images\/.+\/history$/, (reply) => reply.members('Comment', () => '""')),
  },
  {
    id: 'should-inspect-config',
    title: 'health check, shell and triggers are left out',
    ...answers('GET', inspect, (reply) => reply.without('Healthcheck').without('OnBuild').without('Shell')),
  },
  {
    id: 'should-inspect-author',
    title: 'the author is left out',
    ...answers('GET', inspect, (reply) => reply.without('Author')),
  },
  {
    id: 'should-inspect-last-tag-time',
    title: 'LastTagTime is no time',
    ...answers('GET', inspect, (reply) => reply.members('LastTagTime', () => '"yesterday"')),
  },
  {
    id: 'should-save-oci-alone',
    title: 'archives have no manifest.json',
    ...answers('GET', /^\/images\/(.+\/)?get$/, (reply) =>
      reply.withText(reply.text.replace('manifest.json', 'manifesto.txt')),
    ),
  },
  {
    id: 'should-tag-body',
    title: 'a tag answers a body',
    ...answers('POST', /^\/images\/.+\/tag$/, (reply) => reply.withText('{}\n'), 201),
  },
  { id: 'should-no-server', title: 'answers have no Server', ...headerless('Server') },
  { id: 'should-no-pragma', title: 'answers have no Pragma', ...headerless('Pragma') },
  { id: 'should-no-swarm-header', title: 'answers have no Swarm', ...headerless('Swarm') },
  { id: 'should-no-builder', title: 'answers have no Builder-Version', ...headerless('Builder-Version') },
  {
    id: 'should-attestations-newline',
    title: 'attestations end without a line break',
    ...answers('GET', /^\/images\/.+\/attestations$/, (reply) => reply.withText(reply.text.trimEnd())),
  },
];

/** Faults against what clients can live without: a failed SHOULD catches each. */
export const shoulds: Area = {
  name: 'what clients can live without',
  only: [
    'DistributionInspect.refused-status',
    'ImageBuild.history',
    'ImageBuild.platform',
    'ImageCreate.import-*',
    'ImageCreate.foreign',
    'ImageCreate.reserved-name',
    'ImageDelete.bad-name',
    'ImageDelete.parents-kept',
    'ImageDelete.platform-unforced',
    'ImagePush.digest-told',
    'ImagePush.without-header',
    'SystemEvents.scope',
    'ImageList.filter-map-form',
    'ImageList.filter-since-unknown',
    'ImageList.newest-first',
    'ImagePrune.reclaimed',
    'SystemDataUsage.names',
    'ImageHistory.comment',
    'ImageInspect.author',
    'ImageInspect.config-*',
    'ImageInspect.last-tag-time',
    'ImageGet.docker-archive',
    'ImageTag.empty-body',
    'Versions.server-header',
    'SystemPing',
    'ImageAttestations.trailing-newline',
  ],
  destructive: true,
  mutants: mutants.map((mutant) => ({ ...mutant, should: true })),
};
