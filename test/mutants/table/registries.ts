import { type Area, answers, ignores, instead, type Mutant, Reply, requests } from '../mutant.js';

const create = /^\/images\/create$/;
const push = /^\/images\/.+\/push$/;
const look = /^\/distribution\/.+\/json$/;
const search = /^\/images\/search$/;

type Json = Record<string, unknown>;

const isImport = (query: URLSearchParams): boolean => query.has('fromSrc');

/** A mutant of pulls, or of imports, that keeps the daemon from seeing a parameter. */
const unseen = (ofImports: boolean, name: string): Pick<Mutant, 'before'> =>
  requests('POST', create, (asked) =>
    isImport(asked.query) === ofImports ? asked.ask((query) => query.delete(name)) : undefined,
  );

/** Drops error lines of a stream. */
const swallowed = (reply: Reply): Reply =>
  reply.withText(
    reply.text
      .split('\n')
      .filter((line) => !line.includes('"error'))
      .join('\n'),
  );

const first = (reply: Reply, change: (entry: Json) => Json): Reply => reply.edit((value) => change(value as Json));

/** Faults of pulls and imports. */
export const pulling: Area = {
  name: 'pull and import',
  only: ['ImageCreate', 'ImageList.identity', 'SystemEvents'],
  mutants: [
    {
      id: 'pull-nothing',
      title: 'a pull answers success and pulls nothing',
      ...requests('POST', create, (asked) =>
        isImport(asked.query) ? undefined : instead(200, { status: 'Download complete' }),
      ),
    },
    {
      id: 'pull-content-type',
      title: 'the stream of a pull is text/plain',
      ...answers('POST', create, (reply) => reply.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: 'pull-not-json',
      title: 'the stream of a pull is text',
      ...answers('POST', create, (reply) => reply.withText('Downloaded\r\n')),
    },
    {
      id: 'pull-status-number',
      title: 'status is a number',
      ...answers('POST', create, (reply) => reply.members('status', () => '1')),
    },
    { id: 'pull-tag-ignored', title: 'the tag of a pull is ignored', ...unseen(false, 'tag') },
    {
      id: 'pull-latest-alone',
      title: 'without a tag only latest is pulled',
      ...requests('POST', create, (asked) =>
        isImport(asked.query) || asked.query.has('tag') || /:[^/]*$/.test(asked.query.get('fromImage') ?? '')
          ? undefined
          : asked.ask((query) => query.set('tag', 'latest')),
      ),
    },
    {
      id: 'pull-tag-of-name-lost',
      title: 'a tag in the name is taken for latest',
      ...requests('POST', create, (asked) =>
        asked.ask((query) => {
          const name = query.get('fromImage');
          if (name !== null && !query.has('tag')) query.set('fromImage', name.replace(/:(one|two)$/, ':latest'));
        }),
      ),
    },
    {
      id: 'pull-digest-refused',
      title: 'a digest is not found',
      ...requests('POST', create, (asked) =>
        asked.query.get('tag')?.startsWith('sha256:') ? instead(404, { message: 'manifest unknown' }) : undefined,
      ),
    },
    { id: 'pull-platform-ignored', title: 'the platform of a pull is ignored', ...unseen(false, 'platform') },
    {
      id: 'pull-404-as-500',
      title: 'a repository that is not there is answered 500',
      ...answers('POST', create, (reply) => reply.withStatus(500), 404),
    },
    {
      id: 'pull-errors-swallowed',
      title: 'a pull that failed ends as if it had not',
      after: (asked, reply) =>
        asked.is('POST', create) && (reply.status >= 500 || reply.status === 200)
          ? new Reply(
              200,
              reply.headers,
              Buffer.from(
                swallowed(reply)
                  .withStatus(200)
                  .text.replace(/.*"message".*/, ''),
              ),
            )
          : undefined,
    },
    {
      id: 'pull-verified-not',
      title: 'an image whose layer is corrupt is there',
      ...answers(
        'GET',
        /^\/images\/127\..+\/json$/,
        () => instead(200, { Id: `sha256:${'0'.repeat(64)}`, RepoTags: [], RepoDigests: [] }),
        404,
      ),
    },
    {
      id: 'pull-repo-digests-lost',
      title: 'what was pulled has no RepoDigests',
      ...answers('GET', /^\/images\/127\..+\/json$/, (reply) =>
        first(reply, (image) => ({ ...image, RepoDigests: [] })),
      ),
    },
    {
      id: 'pull-attestations-lost',
      title: 'what was pulled has no attestations',
      ...answers('GET', /^\/images\/127\..+\/attestations$/, (reply) => reply.withText('[]\n')),
    },
    {
      id: 'pull-again-refused',
      title: 'what is there cannot be pulled',
      before: (() => {
        const seen = new Set<string>();
        return (asked) => {
          const name = asked.query.get('fromImage')?.replace(/:latest$/, '');
          if (!asked.is('POST', create) || !name) return undefined;
          if (seen.has(name)) return instead(500, { message: 'already exists' });
          seen.add(name);
          return undefined;
        };
      })(),
    },
    {
      id: 'pull-event-lost',
      title: 'a pull is no event',
      line: (_, line) => (line.includes('"Action":"pull"') ? null : line),
    },
    {
      id: 'pull-bad-name-500',
      title: 'a name that cannot be is answered 500',
      ...answers('POST', create, (reply) => reply.withStatus(500), 400),
    },
    {
      id: 'identity-never',
      title: 'identity is ignored',
      ...ignores('GET', /^\/images\/json$/, 'identity'),
    },
    {
      id: 'identity-always',
      title: 'identity is sent unasked',
      ...requests('GET', /^\/images\/json$/, (asked) =>
        asked.query.has('manifests') ? asked.ask((query) => query.set('identity', '1')) : undefined,
      ),
    },
    {
      id: 'import-nothing',
      title: 'an import answers an id that nothing has',
      ...requests('POST', create, (asked) =>
        isImport(asked.query) ? instead(200, { status: `sha256:${'0'.repeat(64)}` }) : undefined,
      ),
    },
    { id: 'import-repo-ignored', title: 'the name of an import is ignored', ...unseen(true, 'repo') },
    { id: 'import-tag-ignored', title: 'the tag of an import is ignored', ...unseen(true, 'tag') },
    {
      id: 'import-default-tag',
      title: 'an import without a tag is called imported',
      ...requests('POST', create, (asked) =>
        isImport(asked.query) && asked.query.has('repo') && !asked.query.has('tag')
          ? asked.ask((query) => query.set('tag', 'imported'))
          : undefined,
      ),
    },
    {
      id: 'import-named',
      title: 'an import without a name gets one',
      ...requests('POST', create, (asked) =>
        isImport(asked.query) && !asked.query.has('repo')
          ? asked.ask((query) => query.set('repo', 'attestd-mutant/imported'))
          : undefined,
      ),
    },
    { id: 'import-message-ignored', title: 'the message of an import is ignored', ...unseen(true, 'message') },
    {
      id: 'import-first-change',
      title: 'of several changes the first is applied',
      ...requests('POST', create, (asked) =>
        asked.ask((query) => {
          if (query.has('changes')) query.set('changes', query.get('changes') ?? '');
        }),
      ),
    },
    { id: 'import-platform-ignored', title: 'the platform of an import is ignored', ...unseen(true, 'platform') },
    {
      id: 'import-compressed-refused',
      title: 'a compressed tar is refused',
      ...requests('POST', create, (asked) =>
        asked.body[0] === 0x1f ? instead(500, { message: 'invalid tar header' }) : undefined,
      ),
    },
  ],
};

/** Faults of pushes. */
export const pushing: Area = {
  name: 'push',
  only: ['ImagePush'],
  mutants: [
    {
      id: 'push-nothing',
      title: 'a push answers success and pushes nothing',
      ...requests('POST', push, () => instead(200, { status: 'latest: digest: size: 1' })),
    },
    {
      id: 'push-not-json',
      title: 'the stream of a push is text',
      ...answers('POST', push, (reply) => reply.withText('Pushed\r\n')),
    },
    {
      id: 'push-silent',
      title: 'a push says nothing',
      ...answers('POST', push, (reply) => reply.withText('')),
    },
    { id: 'push-tag-ignored', title: 'the tag of a push is ignored', ...ignores('POST', push, 'tag') },
    {
      id: 'push-latest-alone',
      title: 'without a tag only latest is pushed',
      ...requests('POST', push, (asked) =>
        asked.query.has('tag') ? undefined : asked.ask((query) => query.set('tag', 'latest')),
      ),
    },
    {
      id: 'push-tag-of-name-lost',
      title: 'a tag in the name is ignored',
      ...requests('POST', push, (asked) => asked.at((path) => path.replace(/:(one|two)\/push$/, '/push'))),
    },
    { id: 'push-platform-ignored', title: 'the platform of a push is ignored', ...ignores('POST', push, 'platform') },
    {
      id: 'push-one-platform',
      title: "a push has the daemon's platform alone",
      ...requests('POST', push, (asked) =>
        asked.query.has('platform')
          ? undefined
          : asked.ask((query) => query.set('platform', '{"os":"linux","architecture":"amd64"}')),
      ),
    },
    {
      id: 'push-errors-swallowed',
      title: 'a push that failed ends as if it had not',
      after: (asked, reply) =>
        asked.is('POST', push) ? new Reply(200, reply.headers, Buffer.from('{"status":"Pushed"}\r\n')) : undefined,
    },
    {
      id: 'push-event-lost',
      title: 'a push is no event',
      line: (_, line) => (line.includes('"Action":"push"') ? null : line),
    },
    {
      id: 'push-image-changes',
      title: 'what was pushed has another id',
      ...answers('GET', /^\/images\/127\..+\/json$/, (reply) =>
        first(reply, (image) => ({ ...image, Id: String(image.Id).replace(/.{3}$/, 'fff') })),
      ),
    },
    {
      id: 'push-repo-digests-lost',
      title: 'what was pushed has no RepoDigests',
      ...answers('GET', /^\/images\/127\..+\/json$/, (reply) =>
        first(reply, (image) => ({ ...image, RepoDigests: null })),
      ),
    },
  ],
};

/** Faults of look-ups and searches. */
export const asking: Area = {
  name: 'look-up and search',
  only: ['DistributionInspect', 'ImageSearch'],
  mutants: [
    {
      id: 'lookup-digest',
      title: 'the digest is another',
      ...answers('GET', look, (reply) => reply.members('digest', () => `"sha256:${'0'.repeat(64)}"`)),
    },
    {
      id: 'lookup-size',
      title: 'the size is 0',
      ...answers('GET', look, (reply) => reply.members('size', () => '0')),
    },
    {
      id: 'lookup-media-type',
      title: 'the media type is that of a manifest',
      ...answers('GET', look, (reply) =>
        reply.members('mediaType', () => '"application/vnd.docker.distribution.manifest.v2+json"'),
      ),
    },
    {
      id: 'lookup-one-platform',
      title: 'of the platforms the first is listed',
      ...answers('GET', look, (reply) =>
        first(reply, (body) => ({ ...body, Platforms: ((body.Platforms as Json[] | null) ?? []).slice(0, 1) })),
      ),
    },
    {
      id: 'lookup-platforms-doubled',
      title: 'each platform is listed twice',
      ...answers('GET', look, (reply) =>
        first(reply, (body) => ({
          ...body,
          Platforms: ((body.Platforms as Json[] | null) ?? [{ os: 'linux' }]).flatMap((one) => [one, one]),
        })),
      ),
    },
    {
      id: 'lookup-tag-ignored',
      title: 'any tag is latest',
      ...requests('GET', look, (asked) => asked.at((path) => path.replace(/:other\/json$/, '/json'))),
    },
    {
      id: 'lookup-digest-refused',
      title: 'a digest is not looked up',
      ...requests('GET', look, (asked) =>
        asked.route.includes('@') ? instead(404, { message: 'manifest unknown' }) : undefined,
      ),
    },
    {
      id: 'lookup-content-type',
      title: 'the answer is text/plain',
      ...answers('GET', look, (reply) => reply.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: 'lookup-pulls',
      title: 'what was looked up seems to be there',
      ...answers('GET', /^\/images\/127\..+\/json$/, () => instead(200, { Id: 'x' }), 404),
    },
    {
      id: 'lookup-bad-name-500',
      title: 'a name that cannot be is answered 500',
      ...answers('GET', look, (reply) => reply.withStatus(500), 400),
    },
    {
      id: 'lookup-unreachable-404',
      title: 'a registry that nobody runs is answered 404',
      ...answers('GET', look, (reply) => reply.withStatus(404), 500),
    },
    {
      id: 'lookup-errors-swallowed',
      title: 'what the registry does not have is answered with nothing',
      after: (asked, reply) =>
        asked.is('GET', look) && reply.status >= 400
          ? instead(200, { Descriptor: { digest: `sha256:${'0'.repeat(64)}` }, Platforms: null })
          : undefined,
    },
    {
      id: 'search-empty',
      title: 'a search finds nothing',
      ...answers('GET', search, (reply) => reply.withText('[]\n')),
    },
    {
      id: 'search-reversed',
      title: 'results come in the reverse order',
      ...answers('GET', search, (reply) => reply.elements((list) => list.reverse())),
    },
    {
      id: 'search-stars-text',
      title: 'star_count is a text',
      ...answers('GET', search, (reply) => reply.members('star_count', (value) => `"${value}"`)),
    },
    { id: 'search-limit-ignored', title: 'the limit is ignored', ...ignores('GET', search, 'limit') },
    { id: 'search-filters-ignored', title: 'filters are ignored', ...ignores('GET', search, 'filters') },
    {
      id: 'search-stars-ignored',
      title: 'the filter stars is ignored',
      ...requests('GET', search, (asked) =>
        asked.query.get('filters')?.includes('"stars":["10"]')
          ? asked.ask((query) => query.delete('filters'))
          : undefined,
      ),
    },
    {
      id: 'search-content-type',
      title: 'the answer is text/plain',
      ...answers('GET', search, (reply) => reply.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: 'search-errors-swallowed',
      title: 'what is refused, or cannot be asked, finds nothing',
      after: (asked, reply) => (asked.is('GET', search) && reply.status >= 400 ? instead(200, []) : undefined),
    },
  ],
};
