import fc from 'fast-check';
import type { Archive } from './pool.js';

/** One request of a sequence, put to both daemons. */
export interface Step {
  /** The kind of request, which decides how its answers are compared. */
  readonly operation: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Index of the archive that is the body. */
  readonly archive?: number;
  readonly body?: string;
  /** Whether the daemon's state may change. */
  readonly writes?: boolean;
  /** Whether chance decides what the daemon holds afterwards, so that the sequence ends here. */
  readonly last?: boolean;
}

const PLATFORMS = [
  '{"os":"linux","architecture":"amd64"}',
  '{"os":"linux","architecture":"arm64"}',
  '{"os":"linux","architecture":"arm64","variant":"v8"}',
  '{"os":"linux","architecture":"arm","variant":"v7"}',
  '{"os":"linux","architecture":"arm"}',
  '{"os":"linux","architecture":"amd64","variant":"v2"}',
  '{"os":"linux","architecture":"386"}',
  '{"os":"linux","architecture":"riscv64"}',
  '{"os":"windows","architecture":"amd64","os.version":"10.0.20348.1"}',
  '{"os":"Linux","architecture":"x86_64"}',
  '{"os":"unknown","architecture":"unknown"}',
];
const BAD_PLATFORMS = ['', '{}', 'null', 'linux/amd64', '{"os":"linux"}', '{"variant":"v8"}', '[]', '{"os":1}', '{'];
const ODD_NAMES = [
  'nowhere',
  'nowhere:1',
  'UPPER',
  'a/B',
  'sha256:',
  'sha256:abc',
  '0000',
  'x@sha256:00',
  'library/nowhere',
  '-',
];
const PREFIXES = ['', '/v1.40', '/v1.43', '/v1.44', '/v1.47', '/v1.48', '/v1.51', '/v1.54', '/v1.55'];
const ODD_PREFIXES = ['/v1.56', '/v1.39', '/v1.23', '/v1.055', '/v1.5a', '/v2.0', '/v1'];
const BOOLEANS = ['1', '0', 'true', 'false', 'True', 'no', '', 'x'];
const REPOSITORIES = [
  'difftag',
  'docker.io/library/difftag',
  'example.com/team/difftag',
  'localhost:5000/difftag',
  'Difftag',
  '',
];
const TAGS = ['', 'latest', '1', 'v1.0', 'bad tag', '.x'];
/** The names that tag requests can make. */
export const NAMES = ['difftag', 'example.com/team/difftag', 'localhost:5000/difftag'].flatMap((repository) =>
  ['latest', '1', 'v1.0'].map((tag) => `${repository}:${tag}`),
);
const CHANGES = [
  'ENV A=b',
  'ENV A=b C="d e"',
  'LABEL x=y',
  'CMD ["a", "b"]',
  'CMD a b',
  'ENTRYPOINT ["/a"]',
  'EXPOSE 80/tcp 443',
  'USER me',
  'VOLUME /data',
  'WORKDIR /work',
  'STOPSIGNAL 9',
  'HEALTHCHECK NONE',
  'HEALTHCHECK --interval=5s CMD true',
  'ONBUILD RUN true',
  'COPY a b',
  'RUN x',
  'ENV',
  'BOGUS',
  'LABEL x',
  '',
];
/** The end of a tar, and nothing before it. */
const EMPTY_TAR = '\0'.repeat(1024);
const LABELS = ['org.opencontainers.image.title', 'org.opencontainers.image.title=hello', 'nobody=has', ''];

/** An arbitrary that is mostly the first and now and then the second. */
function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

/** A query parameter that is there zero, one or (rarely) two times. */
function parameter(name: string, value: fc.Arbitrary<string>, most = 1): fc.Arbitrary<string[]> {
  return fc
    .oneof(
      { weight: 6, arbitrary: fc.constant<string[]>([]) },
      { weight: 5, arbitrary: fc.array(value, { minLength: 1, maxLength: most }) },
      { weight: most > 1 ? 2 : 1, arbitrary: fc.array(value, { minLength: 1, maxLength: 2 }) },
    )
    .map((values) => values.map((text) => `${name}=${encodeURIComponent(text)}`));
}

function withQuery(path: fc.Arbitrary<string>, ...parameters: fc.Arbitrary<string[]>[]): fc.Arbitrary<string> {
  return fc.tuple(path, ...parameters).map(([start, ...lists]) => {
    const query = lists.flat().join('&');
    return query === '' ? start : `${start}?${query}`;
  });
}

const flag = (name: string): fc.Arbitrary<string[]> => parameter(name, fc.constantFrom(...BOOLEANS));
const platform = (most = 1): fc.Arbitrary<string[]> =>
  parameter('platform', mostly(fc.constantFrom(...PLATFORMS), fc.constantFrom(...BAD_PLATFORMS)), most);

/** Filters in the form of a set or of a list, with known and unknown names. */
function filters(values: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<string[]> {
  const entry = fc
    .constantFrom(...Object.keys(values))
    .chain((key) => fc.tuple(fc.constant(key), values[key] as fc.Arbitrary<string>));
  const known = fc.tuple(fc.array(entry, { minLength: 1, maxLength: 2 }), fc.boolean()).map(([entries, list]) => {
    const grouped = new Map<string, string[]>();
    for (const [key, value] of entries) grouped.set(key, [...(grouped.get(key) ?? []), value]);
    const shaped = [...grouped].map(([key, all]) => [
      key,
      list ? all : Object.fromEntries(all.map((value) => [value, true])),
    ]);
    return JSON.stringify(Object.fromEntries(shaped));
  });
  return parameter('filters', mostly(known, fc.constantFrom('{}', '[]', 'x', '{"bogus":["1"]}', '{"label":"x"}', '')));
}

/** The names, ids and digests by which a request may ask for an image. */
function imageNames(archives: readonly Archive[]): fc.Arbitrary<string> {
  const archive = fc.constantFrom(...archives);
  const familiar = (name: string): string => name.replace(/^docker\.io\/library\//, '');
  const ofNames = (shape: (name: string, root: string) => string): fc.Arbitrary<string> =>
    archive
      .chain(({ names, roots }) =>
        fc.tuple(
          fc.constantFrom(...(names.length > 0 ? names : ['nowhere:1'])),
          fc.constantFrom(...(roots.length > 0 ? roots : ['sha256:00'])),
        ),
      )
      .map(([name, root]) => shape(name, root));
  const inner = archive.chain(({ inner }) => fc.constantFrom(...(inner.length > 0 ? inner : ['sha256:00'])));
  return fc.oneof(
    { weight: 10, arbitrary: ofNames(familiar) },
    { weight: 2, arbitrary: ofNames((name) => name) },
    { weight: 2, arbitrary: ofNames((_, root) => root) },
    { weight: 1, arbitrary: ofNames((_, root) => root.slice(7, 19)) },
    { weight: 1, arbitrary: ofNames((_, root) => root.slice(0, 16)) },
    { weight: 1, arbitrary: ofNames((name, root) => `${familiar(name)}@${root}`) },
    { weight: 1, arbitrary: ofNames((name, root) => `${familiar(name).split(':')[0]}@${root}`) },
    { weight: 1, arbitrary: inner },
    {
      weight: 2,
      arbitrary: fc.constantFrom('difftag', 'difftag:1', 'example.com/team/difftag', 'localhost:5000/difftag:v1.0'),
    },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_NAMES) },
  );
}

/** How long sequences may become. */
export interface SequenceOptions {
  readonly maxLength: number;
}

/** Sequences of requests, each about a few of the archives, so that names mostly find something. */
export function sequences(archives: readonly Archive[], options: SequenceOptions): fc.Arbitrary<Step[]> {
  const few = fc.uniqueArray(fc.nat({ max: archives.length - 1 }), { minLength: 1, maxLength: 4 });
  return few.chain((chosen) =>
    fc.array(steps(archives, chosen), { minLength: 1, maxLength: options.maxLength, size: 'max' }),
  );
}

function steps(all: readonly Archive[], chosen: readonly number[]): fc.Arbitrary<Step> {
  const archives = chosen.map((index) => all[index] as Archive);
  const name = imageNames(archives);
  const prefix = fc.oneof(
    { weight: 12, arbitrary: fc.constant('') },
    { weight: 6, arbitrary: fc.constantFrom(...PREFIXES) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_PREFIXES) },
  );
  const path = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
    fc
      .tuple(prefix, ...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
      .map((all) => all.join(''));
  const get = (operation: string, target: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
    target.map((text) => ({ operation, method: 'GET', path: text }));
  const types = [
    ...new Set([...archives.flatMap((archive) => archive.predicateTypes), 'https://slsa.dev/provenance/v1']),
  ];
  const type = mostly(
    fc.constantFrom(...types, 'https://nobody.example/v1'),
    fc.constantFrom('', ' ', `${types[0]},${types[1]}`),
  );
  const reference = fc.oneof(
    name,
    fc.constantFrom('*', 'hello', 'hello:*', 'att-*', '*:latest', 'difftag*', '[', 'example.com/*/*'),
  );
  const label = fc.constantFrom(...LABELS);
  const time = fc.constantFrom('2001-01-01', '2999-01-01T00:00:00Z', '10m', '1h', '1700000000', 'x', '');
  const listFilters = filters({
    reference,
    label,
    'label!': label,
    dangling: fc.constantFrom('true', 'false', '1', 'x'),
    until: time,
    before: name,
    since: name,
  });

  // After a load of one platform nothing refers to the other platforms' content, and it stays until dockerd happens to
  // collect garbage: the answer can be compared, the state after it cannot.
  const load = fc.tuple(withQuery(path('/images/load'), platform(), flag('quiet')), fc.constantFrom(...chosen)).map(
    ([text, archive]): Step => ({
      operation: 'load',
      method: 'POST',
      path: text,
      archive,
      writes: true,
      ...(text.includes('platform=') ? { last: true } : {}),
    }),
  );
  const plainLoad = fc
    .constantFrom(...chosen)
    .map((archive): Step => ({ operation: 'load', method: 'POST', path: '/images/load', archive, writes: true }));
  const tag = withQuery(
    path('/images/', name, '/tag'),
    fc.constantFrom(...REPOSITORIES).map((text) => [`repo=${encodeURIComponent(text)}`]),
    parameter('tag', fc.constantFrom(...TAGS)),
  ).map((text): Step => ({ operation: 'tag', method: 'POST', path: text, writes: true }));
  const remove = withQuery(
    path('/images/', name),
    flag('force'),
    flag('noprune'),
    parameter('platforms', fc.constantFrom(...PLATFORMS, ...BAD_PLATFORMS), 2),
  ).map((text): Step => ({ operation: 'delete', method: 'DELETE', path: text, writes: true }));
  const prune = withQuery(
    path('/images/prune'),
    filters({ dangling: fc.constantFrom('true', 'false', '0', 'x'), label, 'label!': label, until: time }),
  ).map((text): Step => ({ operation: 'prune', method: 'POST', path: text, writes: true }));

  const importing = withQuery(
    path('/images/create'),
    fc.constant(['fromSrc=-']),
    parameter('repo', fc.constantFrom(...REPOSITORIES)),
    parameter('tag', fc.constantFrom(...TAGS)),
    parameter('message', fc.constantFrom('by hand', '')),
    parameter('platform', fc.constantFrom('linux/arm64', 'linux', 'windows/amd64', 'x/y/z/w', '')),
    parameter('changes', fc.constantFrom(...CHANGES), 3),
  ).map((text): Step => ({ operation: 'import', method: 'POST', path: text, body: EMPTY_TAR, writes: true }));
  const pull = withQuery(
    path('/images/create'),
    parameter('fromImage', fc.constantFrom('', 'scratch', 'UPPER', 'difftag-nowhere', 'x@sha256:00', 'a b')),
    parameter('tag', fc.constantFrom(...TAGS)),
    platform(),
  ).map((text): Step => ({ operation: 'pull', method: 'POST', path: text }));
  const pushed = fc.constantFrom('difftag-nowhere', 'UPPER', 'a%20b');
  const push = withQuery(path('/images/', pushed, '/push'), parameter('tag', fc.constantFrom(...TAGS)), platform()).map(
    (text): Step => ({ operation: 'push', method: 'POST', path: text }),
  );
  const auth = fc
    .tuple(path('/auth'), fc.constantFrom('', '{', '[]', 'null', '{"username":1}', '{"serveraddress":"http://["}'))
    .map(([text, body]): Step => ({ operation: 'auth', method: 'POST', path: text, body }));
  const eventFilters = filters({
    type: fc.constantFrom('image', 'container', 'x'),
    event: fc.constantFrom('tag', 'load', 'x'),
    image: name,
    label,
  });
  const past = withQuery(
    path('/events'),
    fc.constantFrom('1', '2', '1.5', 'x', '2001-01-01T00:00:00Z', '1h').map((text) => [`until=${text}`]),
    parameter('since', fc.constantFrom('0', '1', '3', 'x', '1.x', '')),
    eventFilters,
  );
  const search = withQuery(
    path('/images/search'),
    parameter('term', fc.constantFrom('attestd', '', 'UPPER', 'nowhere.invalid/x')),
    parameter('limit', fc.constantFrom('-1', '0', '1', '100', '101', 'x', '')),
    filters({
      'is-official': fc.constantFrom('true', 'x'),
      stars: fc.constantFrom('3', 'x'),
      'is-automated': fc.constantFrom('true', 'false'),
    }),
  );

  return fc.oneof(
    { weight: 1, arbitrary: importing },
    { weight: 1, arbitrary: pull },
    { weight: 1, arbitrary: push },
    { weight: 1, arbitrary: auth },
    { weight: 1, arbitrary: get('past', past) },
    { weight: 1, arbitrary: get('search', search) },
    { weight: 1, arbitrary: get('distribution', path('/distribution/', fc.oneof(name, pushed), '/json')) },
    { weight: 10, arbitrary: plainLoad },
    { weight: 3, arbitrary: load },
    {
      weight: 14,
      arbitrary: get(
        'attestations',
        withQuery(path('/images/', name, '/attestations'), platform(), parameter('type', type, 2), flag('statement')),
      ),
    },
    {
      weight: 12,
      arbitrary: get('inspect', withQuery(path('/images/', name, '/json'), platform(), flag('manifests'))),
    },
    {
      weight: 8,
      arbitrary: get(
        'list',
        withQuery(
          path('/images/json'),
          listFilters,
          flag('all'),
          flag('manifests'),
          flag('digests'),
          flag('shared-size'),
        ),
      ),
    },
    { weight: 6, arbitrary: get('history', withQuery(path('/images/', name, '/history'), platform())) },
    { weight: 3, arbitrary: get('export', withQuery(path('/images/', name, '/get'), platform(2))) },
    { weight: 2, arbitrary: get('export', withQuery(path('/images/get'), parameter('names', name, 3), platform())) },
    { weight: 6, arbitrary: tag },
    { weight: 7, arbitrary: remove },
    { weight: 1, arbitrary: prune },
    {
      weight: 1,
      arbitrary: get(
        'usage',
        withQuery(path('/system/df'), parameter('type', fc.constantFrom('image', 'container', 'x'), 2)),
      ),
    },
    { weight: 1, arbitrary: get('ping', path('/_ping')) },
    { weight: 1, arbitrary: get('version', path('/version')) },
    { weight: 1, arbitrary: get('info', path('/info')) },
  );
}
