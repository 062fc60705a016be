import {
  type Area,
  type Asked,
  answers,
  type Call,
  ignores,
  instead,
  type Mutant,
  type Reply,
  requests,
} from '../mutant.js';
import { elementsOf } from '../text.js';

const attestations = /^\/images\/.+\/attestations$/;
const inspect = /^\/images\/.+\/json$/;
const history = /^\/images\/.+\/history$/;
const list = /^\/images\/json$/;
const image = /^\/images\/[^/]+.*$/;
const prune = /^\/images\/prune$/;
const usage = /^\/system\/df$/;

type Json = Record<string, unknown>;

const without = ({ ...value }: Json, ...keys: readonly string[]): Json => {
  for (const key of keys) delete value[key];
  return value;
};

/** A mutant that changes every image of a list. */
const listed = (change: (entry: Json, asked: Asked) => Json): Pick<Mutant, 'after'> =>
  answers('GET', list, (reply, asked) => reply.edit((value) => (value as Json[]).map((entry) => change(entry, asked))));

/** A mutant that changes what inspect says. */
const inspected = (change: (body: Json, asked: Asked) => Json): Pick<Mutant, 'after'> =>
  answers('GET', inspect, (reply, asked) => reply.edit((value) => change(value as Json, asked)));

/** A mutant that changes each manifest of a list or of inspect. */
const manifests = (body: Json, change: (entry: Json) => Json): Json =>
  Array.isArray(body.Manifests) ? { ...body, Manifests: (body.Manifests as Json[]).map(change) } : body;

/** A mutant that leaves the statements out of some answers. */
const bare = (when: (asked: Asked) => boolean): Pick<Mutant, 'before'> =>
  requests('GET', attestations, (asked) => (when(asked) ? asked.ask((query) => query.delete('statement')) : undefined));

/** A mutant that edits the value of the filters parameter. */
const filtered = (method: string, route: RegExp, change: (filters: Json) => void): Pick<Mutant, 'before'> =>
  requests(method, route, (asked) => {
    const text = asked.query.get('filters');
    if (text === null || !text.startsWith('{')) return undefined;
    const filters = JSON.parse(text) as Json;
    change(filters);
    return asked.ask((query) => query.set('filters', JSON.stringify(filters)));
  });

const reply = (change: (reply: Reply, asked: Asked) => Reply | undefined) => answers('GET', attestations, change);

/** Faults of attestations that only show by another name, with other parameters, or in unusual images. */
export const attestationViews: Area = {
  name: 'attestations by other ways',
  only: ['ImageAttestations'],
  mutants: [
    { id: 'views-id-bare', title: 'by id there are no statements', ...bare(({ route }) => route.includes('/sha256:')) },
    {
      id: 'views-digest-bare',
      title: 'by digest there are no statements',
      ...bare(({ route }) => route.includes('@')),
    },
    {
      id: 'views-second-bare',
      title: 'by a second name there are no statements',
      ...bare(({ route }) => route.includes(':second/')),
    },
    {
      id: 'views-platform-bare',
      title: 'with a platform there are no statements',
      ...bare(({ query }) => query.has('platform')),
    },
    { id: 'views-type-bare', title: 'with a type there are no statements', ...bare(({ query }) => query.has('type')) },
    {
      id: 'views-both-bare',
      title: 'with a platform and a type there are no statements',
      ...bare(({ query }) => query.has('type') && query.has('platform')),
    },
    {
      id: 'views-artifact-bare',
      title: 'stored as OCI artifact there are no statements',
      ...bare(({ route }) => route.includes('/artifact:')),
    },
    {
      id: 'views-type-with-statement',
      title: 'with statements the type is ignored',
      ...requests('GET', attestations, (asked) =>
        asked.query.has('statement') ? asked.ask((query) => query.delete('type')) : undefined,
      ),
    },
    {
      id: 'views-none-404',
      title: 'with statements, nothing to list is answered 404',
      ...reply((answer, asked) =>
        asked.query.has('statement') && answer.text === '[]\n' ? instead(404, { message: 'none' }) : undefined,
      ),
    },
    {
      id: 'views-content-type',
      title: 'with statements the answer is text/plain',
      ...reply((answer, asked) =>
        asked.query.has('statement') ? answer.withHeader('Content-Type', 'text/plain') : undefined,
      ),
    },
    {
      id: 'views-hundred',
      title: 'of more than a hundred entries a hundred are listed',
      ...reply((answer) => answer.elements((all) => all.slice(0, 100))),
    },
    {
      id: 'views-big-cut',
      title: 'a large statement has other bytes in its midst',
      ...reply((answer) =>
        answer.body.length > 1 << 20 ? answer.withText(answer.text.replace(/(.{70000})f/s, '$10')) : undefined,
      ),
    },
    {
      id: 'views-big-size',
      title: 'entries of large statements have the size 0',
      ...reply((answer) => (answer.body.length > 1 << 20 ? answer.members('size', () => '0') : undefined)),
    },
    {
      id: 'views-duplicates',
      title: 'attestations of one type have the statement of the first',
      ...reply((answer, asked) => {
        if (!asked.route.includes('/duplicates:')) return undefined;
        const [one = '{}'] = answer.valuesOf('Statement');
        return answer.members('Statement', () => one);
      }),
    },
    {
      id: 'views-third-type',
      title: 'of three types two are looked at',
      ...requests('GET', attestations, (asked) =>
        asked.ask((query) => {
          const types = query.getAll('type');
          if (types.length < 3) return;
          query.delete('type');
          for (const type of types.slice(0, 2)) query.append('type', type);
        }),
      ),
    },
    {
      id: 'views-first-platform',
      title: 'of three platforms the first is taken',
      ...requests('GET', attestations, (asked) =>
        asked.ask((query) => {
          if (query.getAll('platform').length > 2) query.set('platform', query.get('platform') ?? '');
        }),
      ),
    },
    {
      id: 'views-remembered',
      title: 'what was read once is answered for ever',
      after: (() => {
        const seen = new Map<string, Reply>();
        return (asked: Asked, answer: Reply): Reply | undefined => {
          if (!asked.is('GET', attestations)) return undefined;
          if (answer.status === 200) seen.set(asked.path, answer);
          return answer.status === 404 ? seen.get(asked.path) : undefined;
        };
      })(),
    },
    {
      id: 'views-id-platform',
      title: 'by id and by digest the platform is ignored',
      ...requests('GET', attestations, (asked) =>
        /sha256:/.test(asked.route) ? asked.ask((query) => query.delete('platform')) : undefined,
      ),
    },
    {
      id: 'views-platform-annotations',
      title: 'with a platform descriptors have no annotations',
      ...reply((answer, asked) => (asked.query.has('platform') ? answer.without('annotations') : undefined)),
    },
    {
      id: 'views-platform-fields',
      title: 'with a platform descriptors have no urls',
      ...reply((answer, asked) => (asked.query.has('platform') ? answer.without('urls') : undefined)),
    },
    {
      id: 'views-host-platform-404',
      title: "an image without attestations is answered 404 for the daemon's platform by name",
      ...reply((answer, asked) =>
        asked.query.has('platform') && answer.text === '[]\n' ? instead(404, { message: 'none' }) : undefined,
      ),
    },
    {
      id: 'views-host-empty',
      title: "the daemon's own platform by name gives nothing",
      ...reply((answer, asked) =>
        asked.query.get('platform') === '{"architecture":"amd64","os":"linux"}' ? answer.withText('[]\n') : undefined,
      ),
    },
    {
      id: 'views-numbers',
      title: 'numbers of statements are written anew when a type is named',
      ...reply((answer, asked) =>
        asked.query.has('type')
          ? answer.members('Statement', (value) =>
              Buffer.from(JSON.stringify(JSON.parse(Buffer.from(value, 'latin1').toString()))).toString('latin1'),
            )
          : undefined,
      ),
    },
    {
      id: 'views-nested-500',
      title: 'an index in an index breaks the daemon',
      after: (asked) => (asked.route.includes('/nested:') ? instead(500, { message: 'not a manifest' }) : undefined),
    },
  ],
};

/** Faults of members of lists and inspect. */
export const members: Area = {
  name: 'members of images',
  only: ['ImageList', 'ImageInspect', 'ImageHistory'],
  mutants: [
    {
      id: 'list-all-empty',
      title: 'all=1 lists nothing',
      ...answers('GET', list, (answer, asked) =>
        asked.query.get('all') === '1' ? answer.withText('[]\n') : undefined,
      ),
    },
    {
      id: 'list-not-all-empty',
      title: 'all=0 lists nothing',
      ...answers('GET', list, (answer, asked) =>
        asked.query.get('all') === '0' ? answer.withText('[]\n') : undefined,
      ),
    },
    {
      id: 'list-digests-needed',
      title: 'RepoDigests is empty unless digests is asked for',
      ...listed((entry, asked) => (asked.query.get('digests') === '1' ? entry : { ...entry, RepoDigests: [] })),
    },
    {
      id: 'list-twice',
      title: 'each image is listed twice',
      ...answers('GET', list, (answer) => answer.elements((all) => [...all, ...all])),
    },
    {
      id: 'list-created-same',
      title: 'all images have one date',
      ...listed((entry) => ({ ...entry, Created: 1_704_164_645 })),
    },
    { id: 'list-no-parent', title: 'ParentId is missing', ...listed((entry) => without(entry, 'ParentId')) },
    {
      id: 'list-none-none',
      title: 'an image without a name is called <none>:<none>',
      ...listed((entry) =>
        (entry.RepoTags as string[]).length === 0 ? { ...entry, RepoTags: ['<none>:<none>'] } : entry,
      ),
    },
    {
      id: 'list-shared-all',
      title: 'SharedSize is twice the size',
      ...listed((entry) => ({ ...entry, SharedSize: 2 * Number(entry.Size) })),
    },
    { id: 'list-containers-unknown', title: 'Containers is -1', ...listed((entry) => ({ ...entry, Containers: -1 })) },
    { id: 'list-containers-none', title: 'Containers is 0', ...listed((entry) => ({ ...entry, Containers: 0 })) },
    {
      id: 'list-manifests-unavailable',
      title: 'manifests in lists are not available',
      ...listed((entry) => manifests(entry, (one) => ({ ...one, Available: false }))),
    },
    {
      id: 'list-manifests-no-platform',
      title: 'manifests in lists have no platform',
      ...listed((entry) =>
        manifests(entry, (one) =>
          one.ImageData ? { ...one, ImageData: without(one.ImageData as Json, 'Platform') } : one,
        ),
      ),
    },
    {
      id: 'list-manifests-sizes',
      title: 'manifests in lists have the size of their descriptor',
      ...listed((entry) =>
        manifests(entry, (one) => ({
          ...one,
          Size: { ...(one.Size as Json), Content: (one.Descriptor as Json).size },
        })),
      ),
    },
    { id: 'inspect-no-metadata', title: 'Metadata is missing', ...inspected((body) => without(body, 'Metadata')) },
    {
      id: 'inspect-id-other',
      title: 'by id the configuration is empty',
      ...inspected((body, asked) => (asked.route.includes('/sha256:') ? { ...body, Config: {} } : body)),
    },
    {
      id: 'inspect-created-same',
      title: 'all images have one date',
      ...inspected((body) => ({ ...body, Created: '2024-01-02T03:04:05Z' })),
    },
    {
      id: 'inspect-none-none',
      title: 'an image without a name is called <none>:<none>',
      ...inspected((body) =>
        (body.RepoTags as string[] | null)?.length === 0 ? { ...body, RepoTags: ['<none>:<none>'] } : body,
      ),
    },
    { id: 'inspect-size-one', title: 'Size is 1', ...inspected((body) => ({ ...body, Size: 1 })) },
    {
      id: 'inspect-shell-command',
      title: 'an image without a command has a shell',
      ...inspected((body) => ({
        ...body,
        Config: { Cmd: ['sh'], ...without(body.Config as Json, ...((body.Config as Json)?.Cmd ? [] : ['Cmd'])) },
      })),
    },
    {
      id: 'inspect-config-of-first',
      title: 'the configuration is that of the image that was asked for first',
      after: (() => {
        let first: unknown;
        return (asked: Asked, answer: Reply): Reply | undefined => {
          if (!asked.is('GET', inspect) || answer.status !== 200) return undefined;
          return answer.edit((value) => {
            first ??= (value as Json).Config;
            return { ...(value as Json), Config: first };
          });
        };
      })(),
    },
    {
      id: 'inspect-platform-root-id',
      title: 'with a platform Id is the digest of the index',
      ...inspected((body, asked) => (asked.query.has('platform') ? { ...body, Id: `sha256:${'0'.repeat(64)}` } : body)),
    },
    {
      id: 'inspect-platform-no-layers',
      title: 'with a platform RootFS has no layers',
      ...inspected((body, asked) =>
        asked.query.has('platform') ? { ...body, RootFS: { Type: 'layers', Layers: [] } } : body,
      ),
    },
    {
      id: 'inspect-attestation-size',
      title: 'attestation manifests have the size of their descriptor',
      ...inspected((body) =>
        manifests(body, (one) =>
          one.Kind === 'attestation'
            ? { ...one, Size: { ...(one.Size as Json), Content: (one.Descriptor as Json).size } }
            : one,
        ),
      ),
    },
    {
      id: 'inspect-manifests-twice',
      title: 'each manifest is there twice',
      ...inspected((body) =>
        Array.isArray(body.Manifests)
          ? { ...body, Manifests: [...(body.Manifests as Json[]), ...(body.Manifests as Json[])] }
          : body,
      ),
    },
    {
      id: 'inspect-manifest-of-manifest',
      title: 'an image without an index has the manifest of another one',
      ...inspected((body, asked) =>
        asked.route.includes('/plain:') && asked.query.has('manifests')
          ? { ...body, Manifests: [{ ID: `sha256:${'0'.repeat(64)}` }] }
          : body,
      ),
    },
    {
      id: 'inspect-identity-forged',
      title: 'Identity is what the image says of itself',
      ...inspected((body, asked) =>
        asked.route.includes('/forged:')
          ? { ...body, Identity: { Pull: [{ Repository: 'forged.example.test/app' }] } }
          : body,
      ),
    },
    {
      id: 'inspect-containers-none',
      title: 'ImageData.Containers is always empty',
      ...inspected((body) =>
        manifests(body, (one) =>
          one.ImageData ? { ...one, ImageData: { ...(one.ImageData as Json), Containers: [] } } : one,
        ),
      ),
    },
    {
      id: 'inspect-containers-some',
      title: 'ImageData.Containers always has one',
      ...inspected((body) =>
        manifests(body, (one) =>
          one.ImageData ? { ...one, ImageData: { ...(one.ImageData as Json), Containers: ['x'] } } : one,
        ),
      ),
    },
    {
      id: 'inspect-available-old',
      title: 'at API 1.48 no manifest is available',
      ...inspected((body, asked) =>
        asked.version === '1.48' ? manifests(body, (one) => ({ ...one, Available: false })) : body,
      ),
    },
    {
      id: 'history-content-type',
      title: 'the answer is text/plain',
      ...answers('GET', history, (answer) => answer.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: 'history-sizes-zero',
      title: 'every step has the size 0',
      ...answers('GET', history, (answer) => answer.members('Size', () => '0')),
    },
    {
      id: 'history-sizes-one',
      title: 'every layer has the size 1',
      ...answers('GET', history, (answer) => answer.members('Size', (value) => (value === '0' ? '0' : '1'))),
    },
    {
      id: 'history-sizes-all',
      title: 'every step has a size',
      ...answers('GET', history, (answer) => answer.members('Size', () => '9999')),
    },
    {
      id: 'history-no-comment',
      title: 'Comment is missing',
      ...answers('GET', history, (answer) => answer.without('Comment')),
    },
    {
      id: 'history-tags-all',
      title: 'every step has the tags of the image',
      ...answers('GET', history, (answer) => answer.members('Tags', () => '["x:latest"]')),
    },
    {
      id: 'history-last-lost',
      title: 'the oldest step is missing',
      ...answers('GET', history, (answer) => answer.elements((all) => all.slice(0, -1))),
    },
    {
      id: 'history-id-empty',
      title: 'by id there is no history',
      ...answers('GET', history, (answer, asked) =>
        asked.route.includes('/sha256:') ? answer.withText('[]\n') : undefined,
      ),
    },
  ],
};

/** An event as a value, when a line is one. */
const told = (line: string, change: (event: Json) => Json): string => {
  try {
    return JSON.stringify(change(JSON.parse(line) as Json));
  } catch {
    return line;
  }
};

/** Faults of events, deletions, prunes and disk usage. */
export const acts: Area = {
  name: 'events, prunes and usage',
  only: ['SystemEvents', 'ImagePrune', 'SystemDataUsage', 'ImageDelete'],
  destructive: true,
  mutants: [
    {
      id: 'event-no-attributes',
      title: 'an event has no attributes',
      line: (_, line) => told(line, (event) => ({ ...event, Actor: { ID: (event.Actor as Json).ID } })),
    },
    {
      id: 'event-times-fall',
      title: 'an untag is said to be older than all',
      line: (_, line) => told(line, (event) => (event.Action === 'untag' ? { ...event, timeNano: 1 } : event)),
    },
    {
      id: 'event-untag-lost',
      title: 'an untag is no event',
      line: (_, line) => (line.includes('"Action":"untag"') ? null : line),
    },
    {
      id: 'event-second-tag-lost',
      title: 'a second tag is no event',
      line: (_, line) => (line.includes('"Action":"tag"') && line.includes(':two') ? null : line),
    },
    {
      id: 'event-image-ignored',
      title: 'the filter image is ignored',
      ...filtered('GET', /^\/events$/, (filters) => {
        delete filters.image;
      }),
    },
    {
      id: 'event-first-action',
      title: 'of several actions the first is taken',
      ...filtered('GET', /^\/events$/, (filters) => {
        if (Array.isArray(filters.event)) filters.event = filters.event.slice(0, 1);
      }),
    },
    {
      id: 'event-label-last',
      title: 'beside a label no action is looked at',
      ...filtered('GET', /^\/events$/, (filters) => {
        if (filters.label) delete filters.event;
      }),
    },
    {
      id: 'event-label-ignored',
      title: 'the filter label is ignored',
      ...filtered('GET', /^\/events$/, (filters) => {
        delete filters.label;
      }),
    },
    {
      id: 'event-past-alone',
      title: 'a stream tells of what was, and ends',
      ...requests('GET', /^\/events$/, (asked) =>
        asked.query.has('since') ? undefined : asked.ask((query) => query.set('until', '1')),
      ),
    },
    {
      id: 'event-of-failures',
      title: 'a load is told as a save, too',
      line: (_, line) =>
        line.includes('"Action":"load"') ? `${line}\n${line.replace('"Action":"load"', '"Action":"save"')}` : line,
    },
    {
      id: 'delete-noprune-nothing',
      title: 'with noprune=1 nothing is deleted',
      ...requests('DELETE', image, (asked) => (asked.query.get('noprune') === '1' ? instead(200, []) : undefined)),
    },
    {
      id: 'delete-noprune-off-nothing',
      title: 'with noprune=0 nothing is deleted',
      ...requests('DELETE', image, (asked) => (asked.query.get('noprune') === '0' ? instead(200, []) : undefined)),
    },
    {
      id: 'delete-items-both',
      title: 'each item says both',
      ...answers('DELETE', image, (answer) =>
        answer.edit((value) => (value as Json[]).map((one) => ({ Untagged: 'x', Deleted: 'x', ...one }))),
      ),
    },
    {
      id: 'prune-content-type',
      title: 'the answer is text/plain',
      ...answers('POST', prune, (answer) => answer.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: 'prune-space-always',
      title: 'a byte is always reclaimed',
      ...answers('POST', prune, (answer) => answer.members('SpaceReclaimed', (value) => (value === '0' ? '1' : value))),
    },
    {
      id: 'prune-items-both',
      title: 'each item says both',
      ...answers('POST', prune, (answer) =>
        answer.members('ImagesDeleted', (value) =>
          value === 'null'
            ? value
            : JSON.stringify((JSON.parse(value) as Json[]).map((one) => ({ Untagged: 'x', Deleted: 'x', ...one }))),
        ),
      ),
    },
    {
      id: 'prune-dangling-false',
      title: 'dangling=true is taken for false',
      ...filtered('POST', prune, (filters) => {
        if (filters.dangling) filters.dangling = ['false'];
      }),
    },
    {
      id: 'prune-not-label-ignored',
      title: 'label! is ignored',
      ...filtered('POST', prune, (filters) => {
        delete filters['label!'];
      }),
    },
    {
      id: 'prune-key-none',
      title: 'a label without a value fits nothing',
      ...filtered('POST', prune, (filters) => {
        if (Array.isArray(filters.label) && filters.label.some((one) => !String(one).includes('=')))
          filters.label = ['none=none'];
      }),
    },
    {
      id: 'prune-until-ignored',
      title: 'until is ignored',
      ...filtered('POST', prune, (filters) => {
        delete filters.until;
      }),
    },
    {
      id: 'prune-until-past',
      title: 'until is 1970',
      ...filtered('POST', prune, (filters) => {
        if (filters.until) filters.until = ['1'];
      }),
    },
    {
      id: 'prune-map-ignored',
      title: 'filters in the older form are refused',
      ...requests('POST', prune, (asked) =>
        asked.query.get('filters')?.includes(':{') ? instead(400, { message: 'invalid filter' }) : undefined,
      ),
    },
    {
      id: 'prune-first-name',
      title: 'of an image with two names one stays',
      ...answers('GET', /^\/images\/.+\/second:one\/json$/, () => instead(200, { Id: 'x' }), 404),
    },
    {
      id: 'prune-in-use',
      title: 'an image that a container uses is gone',
      ...answers('GET', /^\/images\/.+\/spare-\d+:latest\/json$/, () => instead(404, { message: 'No such image' })),
    },
    {
      id: 'usage-content-type',
      title: 'the answer is text/plain',
      ...answers('GET', usage, (answer) => answer.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: 'usage-sizes-zero',
      title: 'every size is 0',
      ...answers('GET', usage, (answer) => answer.members('Size', () => '0')),
    },
    {
      id: 'usage-shared-large',
      title: 'SharedSize is large',
      ...answers('GET', usage, (answer) => answer.members('SharedSize', () => '999999999')),
    },
    {
      id: 'usage-containers-unknown',
      title: 'Containers is -1',
      ...answers('GET', usage, (answer) =>
        answer.members('Containers', (value) => (/^\d+$/.test(value) ? '-1' : value)),
      ),
    },
    {
      id: 'usage-twice',
      title: 'each image is listed twice',
      ...answers('GET', usage, (answer) =>
        answer.members('Images', (value) =>
          value.startsWith('[') ? `[${[...elementsOf(value), ...elementsOf(value)].join(',')}]` : value,
        ),
      ),
    },
    { id: 'usage-types-all', title: 'type is ignored', ...ignores('GET', usage, 'type') },
    {
      id: 'usage-first-type',
      title: 'of several types the first is taken',
      ...requests('GET', usage, (asked) =>
        asked.ask((query) => {
          if (query.has('type')) query.set('type', query.get('type') ?? '');
        }),
      ),
    },
    {
      id: 'usage-total-zero',
      title: 'TotalSize is 0',
      ...answers('GET', usage, (answer) => answer.members('TotalSize', () => '0')),
    },
    {
      id: 'usage-reclaimable-zero',
      title: 'Reclaimable is 0',
      ...answers('GET', usage, (answer) => answer.members('Reclaimable', () => '0')),
    },
    {
      id: 'usage-active-many',
      title: 'ActiveCount is above TotalCount',
      ...answers('GET', usage, (answer) =>
        answer.edit((value) => {
          const body = value as Json;
          return body.ImageUsage
            ? { ...body, ImageUsage: { ...(body.ImageUsage as Json), ActiveCount: 999_999 } }
            : body;
        }),
      ),
    },
  ],
};

const on = (method: string, change: (call: Call) => Partial<Call>): Pick<Mutant, 'call'> => ({
  call: (call) => (call.method === method ? { ...call, ...change(call) } : call),
});

/** Faults of the content service beyond single blobs. */
export const contentViews: Area = {
  name: 'content by parts',
  only: ['Content'],
  mutants: [
    {
      id: 'content-first-page',
      title: 'List ends after its first message',
      ...on('List', ({ messages }) => ({ messages: messages.slice(0, 1) })),
    },
    {
      id: 'content-list-twice',
      title: 'List has each message twice',
      ...on('List', ({ messages }) => ({ messages: [...messages, ...messages] })),
    },
    {
      id: 'content-nothing-404',
      title: 'a List of nothing is NOT_FOUND',
      ...on('List', ({ messages, status }) =>
        status === 0 && messages.every((one) => one.length === 0) ? { status: 5, messages: [] } : {},
      ),
    },
    {
      id: 'content-malformed-404',
      title: 'what is no digest is NOT_FOUND',
      call: (call) => (call.status === 3 ? { ...call, status: 5 } : call),
    },
    {
      id: 'content-update-accepted',
      title: 'an Update seems to succeed',
      ...on('Update', () => ({ status: 0, details: '', messages: [] })),
    },
    {
      id: 'content-first-message',
      title: 'Read ends after its first message',
      ...on('Read', ({ messages }) => ({ messages: messages.slice(0, 1) })),
    },
    {
      id: 'content-info-first',
      title: 'Info always answers what it answered first',
      call: (() => {
        let first: Call | undefined;
        return (call: Call): Call => {
          if (call.method !== 'Info' || call.status !== 0) return call;
          first ??= call;
          return first;
        };
      })(),
    },
    {
      id: 'content-size-one',
      title: 'a Read without a size gives nothing',
      ...on('Read', ({ messages }) => (messages.length === 1 ? { messages: [] } : {})),
    },
  ],
};
