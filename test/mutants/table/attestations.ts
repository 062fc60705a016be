import { type Area, Asked, answers, ignores, instead, requests } from '../mutant.js';

const route = /^\/images\/.+\/attestations$/;

const truthy = (value: string | null): boolean => !/^\s*(|0|no|false|none)\s*$/i.test(value ?? '');

/** Faults of GET /images/{name}/attestations. */
export const attestations: Area = {
  name: 'attestations',
  only: ['ImageAttestations'],
  mutants: [
    {
      id: 'attestations-drop-first',
      title: 'the first entry is missing',
      ...answers('GET', route, (reply) => reply.elements((entries) => entries.slice(1))),
    },
    {
      id: 'attestations-drop-last',
      title: 'the last entry is missing',
      ...answers('GET', route, (reply) => reply.elements((entries) => entries.slice(0, -1))),
    },
    {
      id: 'attestations-reverse',
      title: 'entries come in reverse order',
      ...answers('GET', route, (reply) => reply.elements((entries) => entries.reverse())),
    },
    {
      id: 'attestations-sorted-by-digest',
      title: 'entries are sorted by digest instead of layer order',
      ...answers('GET', route, (reply) => {
        const digest = (entry: string): string => /"digest":"([^"]+)"/.exec(entry)?.[1] ?? '';
        return reply.elements((entries) => entries.sort((a, b) => (digest(a) < digest(b) ? -1 : 1)));
      }),
    },
    {
      id: 'attestations-one-per-type',
      title: 'only the first entry of each predicate type is kept',
      ...answers('GET', route, (reply) =>
        reply.elements((entries) => {
          const type = (entry: string): string => /"PredicateType":"([^"]*)"/.exec(entry)?.[1] ?? '';
          return entries.filter((entry, i) => entries.findIndex((other) => type(other) === type(entry)) === i);
        }),
      ),
    },
    {
      id: 'attestations-limit',
      title: 'no more than 100 entries are listed',
      ...answers('GET', route, (reply) => reply.elements((entries) => entries.slice(0, 100))),
    },
    {
      id: 'attestations-null',
      title: 'null stands for an empty array',
      ...answers('GET', route, (reply) => (reply.text === '[]\n' ? reply.withText('null\n') : undefined)),
    },
    {
      id: 'attestations-empty-is-404',
      title: 'an image without attestations is answered 404',
      ...answers('GET', route, (reply) => (reply.text === '[]\n' ? instead(404, { message: 'none' }) : undefined)),
    },
    {
      id: 'attestations-wrapped',
      title: 'the array is wrapped in an object',
      ...answers('GET', route, (reply) => reply.withText(`{"Attestations":${reply.text.trimEnd()}}\n`)),
    },
    {
      id: 'attestations-truncated',
      title: 'the body ends early',
      ...answers('GET', route, (reply) => reply.withBody(reply.body.subarray(0, reply.body.length >> 1))),
    },
    {
      id: 'attestations-content-type',
      title: 'the answer is sent as text/plain',
      ...answers('GET', route, (reply) => reply.withHeader('Content-Type', 'text/plain; charset=utf-8')),
    },
    {
      id: 'attestations-no-predicate-type',
      title: 'PredicateType is missing',
      ...answers('GET', route, (reply) => reply.without('PredicateType')),
    },
    {
      id: 'attestations-lowercase-keys',
      title: 'keys are in lower case',
      ...answers('GET', route, (reply) =>
        reply.withText(
          reply.text.replaceAll('"PredicateType":', '"predicateType":').replaceAll('"Descriptor":', '"descriptor":'),
        ),
      ),
    },
    {
      id: 'descriptor-other-digest',
      title: 'descriptors name another blob',
      ...answers('GET', route, (reply) => reply.members('digest', (value) => value.replace(/.{3}"$/, 'fff"'))),
    },
    {
      id: 'descriptor-size',
      title: 'descriptor sizes are one too large',
      ...answers('GET', route, (reply) => reply.members('size', (value) => String(Number(value) + 1))),
    },
    {
      id: 'descriptor-media-type',
      title: 'descriptors say application/json',
      ...answers('GET', route, (reply) => reply.members('mediaType', () => '"application/json"')),
    },
    {
      id: 'descriptor-no-annotations',
      title: 'descriptors lose their annotations',
      ...answers('GET', route, (reply) => reply.without('annotations')),
    },
    { id: 'type-ignored', title: 'the type filter is ignored', ...ignores('GET', route, 'type') },
    {
      id: 'type-only-first',
      title: 'only the first of several types counts',
      ...requests('GET', route, (asked) => asked.ask((query) => query.set('type', query.get('type') ?? ''))),
    },
    {
      id: 'type-only-last',
      title: 'only the last of several types counts',
      ...requests('GET', route, (asked) =>
        asked.ask((query) => {
          const last = query.getAll('type').at(-1);
          if (last !== undefined) query.set('type', last);
        }),
      ),
    },
    {
      id: 'type-any-case',
      title: 'types are compared without regard to case',
      before: (asked) =>
        asked.is('GET', route) && /[A-Z]{4}/.test(asked.query.get('type') ?? '')
          ? asked.ask((query) => query.delete('type'))
          : undefined,
    },
    {
      id: 'type-prefix',
      title: 'a type selects longer ones that begin with it',
      before: (asked) =>
        asked.query.get('type') === 'https://slsa.dev/provenance'
          ? asked.ask((query) => query.delete('type'))
          : undefined,
    },
    {
      id: 'type-empty-selects-nothing',
      title: 'an empty type selects nothing',
      ...requests('GET', route, (asked) => (asked.query.get('type') === '' ? instead(200, []) : undefined)),
    },
    {
      id: 'bad-query-accepted',
      title: 'a query with a broken escape is accepted',
      ...requests('GET', route, (asked) => new Asked(asked.method, asked.path.replace(/%zz/i, ''))),
    },
  ],
};

/** Faults of its platform and statement parameters and of its errors. */
export const attestationParameters: Area = {
  name: 'attestation parameters',
  only: ['ImageAttestations'],
  mutants: [
    {
      id: 'statement-always',
      title: 'statements are sent unasked',
      ...requests('GET', route, (asked) => asked.ask((query) => query.set('statement', '1'))),
    },
    { id: 'statement-never', title: 'statements are never sent', ...ignores('GET', route, 'statement') },
    {
      id: 'statement-false-is-true',
      title: 'statement=false counts as true',
      ...requests('GET', route, (asked) =>
        asked.query.has('statement') ? asked.ask((query) => query.set('statement', '1')) : undefined,
      ),
    },
    {
      id: 'statement-only-true',
      title: 'statement=1 counts as false',
      ...requests('GET', route, (asked) =>
        asked.query.get('statement') === '1' ? asked.ask((query) => query.delete('statement')) : undefined,
      ),
    },
    {
      id: 'statement-reserialised',
      title: 'statements are parsed and written again',
      ...answers('GET', route, (reply) =>
        reply.members('Statement', (value) =>
          Buffer.from(JSON.stringify(JSON.parse(Buffer.from(value, 'latin1').toString()))).toString('latin1'),
        ),
      ),
    },
    {
      id: 'statement-html-escaped',
      title: 'statements escape <, > and & as \\u003c and so on',
      ...answers('GET', route, (reply) =>
        reply.members('Statement', (value) =>
          value.replaceAll(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
        ),
      ),
    },
    {
      id: 'statement-numbers',
      title: 'numbers of statements are written as 1 instead of 1.0',
      ...answers('GET', route, (reply) =>
        reply.members('Statement', (value) => value.replaceAll(/:(\d+)\.0([,}])/g, ':$1$2')),
      ),
    },
    {
      id: 'statement-spaces',
      title: 'statements are not compacted',
      ...answers('GET', route, (reply) => reply.members('Statement', (value) => value.replace(/^\{/, '{ '))),
    },
    {
      id: 'statement-as-text',
      title: 'statements are sent as base64 text',
      ...answers('GET', route, (reply) =>
        reply.members('Statement', (value) => JSON.stringify(Buffer.from(value, 'latin1').toString('base64'))),
      ),
    },
    {
      id: 'statement-swapped',
      title: 'each entry has the statement of another one',
      ...answers('GET', route, (reply) => {
        const all: string[] = [];
        all.push(...reply.valuesOf('Statement'));
        all.unshift(all.pop() ?? '');
        return reply.members('Statement', () => all.shift() ?? '');
      }),
    },
    {
      id: 'statement-missing-skipped',
      title: 'an absent statement is skipped instead of reported',
      after: (asked, reply) =>
        asked.is('GET', route) && truthy(asked.query.get('statement')) && reply.status === 404
          ? instead(200, [])
          : undefined,
    },
    { id: 'platform-ignored', title: 'the platform is ignored', ...ignores('GET', route, 'platform') },
    {
      id: 'platform-swapped',
      title: 'amd64 and arm64 are swapped',
      ...requests('GET', route, (asked) =>
        asked.ask((query) => {
          const other = query
            .get('platform')
            ?.replace(/"(amd64|arm64)"/, (_, arch: string) => (arch === 'amd64' ? '"arm64"' : '"amd64"'));
          if (other !== undefined) query.set('platform', other);
        }),
      ),
    },
    {
      id: 'platform-two-accepted',
      title: 'of two platforms the first is taken',
      ...requests('GET', route, (asked) =>
        asked.query.has('platform')
          ? asked.ask((query) => query.set('platform', query.get('platform') ?? ''))
          : undefined,
      ),
    },
    {
      id: 'platform-malformed-accepted',
      title: 'a platform that is no JSON is ignored',
      ...requests('GET', route, (asked) => {
        const platform = asked.query.get('platform');
        if (platform === null || platform.startsWith('{')) return undefined;
        return asked.ask((query) => query.delete('platform'));
      }),
    },
    {
      id: 'platform-incomplete-accepted',
      title: 'a platform without architecture is ignored',
      ...requests('GET', route, (asked) => {
        const platform = asked.query.get('platform') ?? '';
        return platform.startsWith('{') && !platform.includes('architecture')
          ? asked.ask((query) => query.delete('platform'))
          : undefined;
      }),
    },
    {
      id: 'platform-absent-is-empty',
      title: 'a platform that the image lacks gets an empty array',
      after: (asked, reply) =>
        asked.is('GET', route) && asked.query.has('platform') && reply.status === 404 ? instead(200, []) : undefined,
    },
    {
      id: 'unknown-image-is-empty',
      title: 'an unknown image gets an empty array',
      ...answers('GET', route, () => instead(200, []), 404),
    },
    {
      id: 'unknown-image-is-500',
      title: 'an unknown image is answered 500',
      ...answers('GET', route, (reply) => reply.withStatus(500), 404),
    },
    {
      id: 'bad-request-is-500',
      title: 'a bad request is answered 500',
      ...answers('GET', route, (reply) => reply.withStatus(500), 400),
    },
    {
      id: 'error-key',
      title: 'errors have the key error instead of message',
      ...answers('GET', route, (reply) => reply.withText(reply.text.replace('"message":', '"error":')), 404),
    },
    {
      id: 'error-as-text',
      title: 'errors are plain text',
      ...answers('GET', route, (reply) => reply.withHeader('Content-Type', 'text/plain').withText('no'), 404),
    },
    {
      id: 'version-gate-open',
      title: 'requests below API 1.55 are served',
      ...requests('GET', route, (asked) => asked.at((path) => path.replace(/^\/v1\.(4\d|5[0-4])\//, '/v1.55/'))),
    },
    {
      id: 'delete-hits-image',
      title: 'DELETE on attestations deletes the image',
      ...requests('DELETE', route, (asked) => asked.at((path) => path.replace(/\/attestations$/, ''))),
    },
    {
      id: 'digest-refused',
      title: 'an image is not found by digest',
      ...requests('GET', /^\/images\/.*sha256:.*\/attestations$/, () => instead(404, { message: 'No such image' })),
    },
  ],
};
