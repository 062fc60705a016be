import { type Area, answers, ignores, instead, type Mutant, requests } from '../mutant.js';

const events = /^\/events$/;
type Json = Record<string, unknown>;

const event = (change: (value: Json) => Json | null): Pick<Mutant, 'line'> => ({
  line: (_, line) => {
    if (line.trim() === '') return line;
    const mark = line.startsWith('\u001e') ? '\u001e' : '';
    const changed = change(JSON.parse(line.slice(mark.length)) as Json);
    return changed === null ? null : mark + JSON.stringify(changed);
  },
});

/** Faults of the event stream. */
export const eventStream: Area = {
  name: 'events',
  only: ['SystemEvents'],
  mutants: [
    { id: 'events-none', title: 'no event arrives', ...event(() => null) },
    {
      id: 'events-no-tag',
      title: 'tag events are missing',
      ...event((value) => (value.Action === 'tag' ? null : value)),
    },
    {
      id: 'events-no-delete',
      title: 'delete events are missing',
      ...event((value) => (value.Action === 'delete' ? null : value)),
    },
    {
      id: 'events-type',
      title: 'events have the type container',
      ...event((value) => ({ ...value, Type: 'container' })),
    },
    { id: 'events-no-actor', title: 'events have no Actor', ...event(({ Actor: _, ...value }) => value) },
    { id: 'events-time-text', title: 'time is a text', ...event((value) => ({ ...value, time: String(value.time) })) },
    { id: 'events-filters-ignored', title: 'filters are ignored', ...ignores('GET', events, 'filters') },
    {
      id: 'events-since-ignored',
      title: 'since is ignored',
      ...requests('GET', events, (asked) =>
        asked.query.has('until') ? asked.ask((query) => query.set('since', query.get('until') ?? '')) : undefined,
      ),
    },
    { id: 'events-not-json', title: 'events are no JSON', line: (_, line) => line.replace('{', '') },
  ],
};

/** Faults of ping, version, info and disk usage. */
export const system: Area = {
  name: 'system',
  only: ['SystemPing', 'SystemPingHead', 'SystemVersion', 'SystemInfo', 'SystemDataUsage'],
  mutants: [
    {
      id: 'ping-no-api-version',
      title: '/_ping has no Api-Version',
      ...answers('GET', /^\/_ping$/, (reply) => reply.withHeader('Api-Version', undefined)),
    },
    {
      id: 'ping-body',
      title: '/_ping answers pong',
      ...answers('GET', /^\/_ping$/, (reply) => reply.withText('pong')),
    },
    {
      id: 'ping-cached',
      title: '/_ping may be cached',
      ...answers('GET', /^\/_ping$/, (reply) => reply.withHeader('Cache-Control', undefined)),
    },
    {
      id: 'ping-head-404',
      title: 'HEAD /_ping is not found',
      ...answers('HEAD', /^\/_ping$/, (reply) => reply.withStatus(404)),
    },
    {
      id: 'ping-head-version',
      title: 'HEAD /_ping has another Api-Version',
      ...answers('HEAD', /^\/_ping$/, (reply) => reply.withHeader('Api-Version', '1.30')),
    },
    {
      id: 'version-no-api',
      title: '/version has no ApiVersion',
      after: (asked, reply) =>
        asked.is('GET', /^\/version$/) && asked.version !== undefined ? reply.without('ApiVersion') : undefined,
    },
    {
      id: 'version-min',
      title: '/version names a higher MinAPIVersion than it enforces',
      after: (asked, reply) =>
        asked.is('GET', /^\/version$/) && asked.version !== undefined
          ? reply.members('MinAPIVersion', () => '"9.99"')
          : undefined,
    },
    {
      id: 'version-no-components',
      title: '/version has no Components',
      after: (asked, reply) =>
        asked.is('GET', /^\/version$/)
          ? reply.edit((value) => ({ ...(value as Json), Components: undefined }))
          : undefined,
    },
    {
      id: 'info-images-text',
      title: 'Images of /info is a text',
      ...answers('GET', /^\/info$/, (reply) =>
        reply.edit((value) => ({ ...(value as Json), Images: String((value as Json).Images) })),
      ),
    },
    { id: 'info-empty', title: '/info is empty', ...answers('GET', /^\/info$/, () => instead(200, {})) },
    { id: 'usage-type-ignored', title: 'type of /system/df is ignored', ...ignores('GET', /^\/system\/df$/, 'type') },
  ],
};

/** Faults of version negotiation and of errors in general. */
export const versions: Area = {
  name: 'versions and errors',
  only: ['Versions', 'Errors', 'Names', 'SystemVersion'],
  mutants: [
    {
      id: 'version-too-new',
      title: 'a version that is too new is served',
      before: (asked) =>
        /^1\.(5[6-9]|[6-9]\d|\d{3})|^[2-9]/.test(asked.version ?? '')
          ? asked.at((path) => path.replace(/^\/v\d+\.\d+/, ''))
          : undefined,
    },
    {
      id: 'version-too-old',
      title: 'a version that is too old is served',
      before: (asked) =>
        /^1\.([0-3]?\d)$|^0\./.test(asked.version ?? '')
          ? asked.at((path) => path.replace(/^\/v\d+\.\d+/, ''))
          : undefined,
    },
    {
      id: 'version-error-500',
      title: 'a version that is too new is answered 500',
      after: (asked, reply) =>
        reply.status === 400 && /^1\.(5[6-9]|[6-9]\d|\d{3})|^[2-9]/.test(asked.version ?? '')
          ? reply.withStatus(500)
          : undefined,
    },
    {
      id: 'not-found-200',
      title: 'an unknown path is answered 200',
      after: (_, reply) =>
        reply.status === 404 && reply.text.includes('page not found') ? instead(200, {}) : undefined,
    },
    {
      id: 'message-dropped',
      title: 'error bodies have no message',
      after: (_, reply) => (reply.status >= 400 ? reply.withText('{}\n') : undefined),
    },
  ],
};
