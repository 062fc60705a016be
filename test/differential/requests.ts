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

/** Whether sequences may contain requests that touch all images of the daemon. */
export interface SequenceOptions {
  readonly maxLength: number;
}

/** Sequences of requests; loads come often enough that the other requests find something. */
export function sequences(archives: readonly Archive[], options: SequenceOptions): fc.Arbitrary<Step[]> {
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
  const types = [...new Set(archives.flatMap((archive) => archive.predicateTypes))];
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
  const load = fc
    .tuple(withQuery(path('/images/load'), platform(), flag('quiet')), fc.nat({ max: archives.length - 1 }))
    .map(
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
    .nat({ max: archives.length - 1 })
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

  const step = fc.oneof(
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
  return fc.array(step, { minLength: 1, maxLength: options.maxLength, size: 'max' });
}
