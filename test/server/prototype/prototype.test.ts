import { expect } from 'chai';
import { type Daemon, type DaemonOptions, startDaemon } from '../../../src/testing/server.js';
import { ask } from '../../testing/support.js';

type Actions = readonly { target: string; update?: unknown; remove?: boolean }[];

const overlay = (...actions: Actions): object => ({
  overlay: '1.0.0',
  info: { title: 'a prototype', version: '1' },
  actions,
});

const name = { name: 'name', in: 'path', required: true, type: 'string' };
const ok = (schema: object, examples?: object): object => ({
  200: { description: 'no error', schema, ...(examples && { examples: { 'application/json': examples } }) },
});

const widget = {
  type: 'object',
  required: ['Name'],
  properties: {
    Name: { type: 'string', example: '{body.Name}' },
    Size: { type: 'integer' },
    Kind: { type: 'string', enum: ['round', 'square'] },
  },
};

const widgets = overlay(
  {
    target: '$.paths',
    update: {
      '/widgets': {
        get: {
          operationId: 'WidgetList',
          parameters: [
            { name: 'limit', in: 'query', type: 'integer', minimum: 1 },
            { name: 'all', in: 'query', type: 'boolean' },
            { name: 'kind', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
          ],
          responses: ok({ type: 'array' }, [
            { Name: 'a', Limit: '{limit}', All: '{all}', Text: 'at most {limit} of {all}' },
          ]),
        },
      },
      '/widgets/create': {
        post: {
          operationId: 'WidgetCreate',
          consumes: ['application/json'],
          parameters: [{ name: 'body', in: 'body', required: true, schema: widget }],
          responses: { 201: { description: 'created', schema: widget } },
        },
      },
      '/widgets/{name}': {
        get: { operationId: 'WidgetInspect', parameters: [name], responses: ok({ $ref: '#/definitions/Widget' }) },
        delete: { operationId: 'WidgetDelete', parameters: [name], responses: { 204: { description: 'gone' } } },
      },
    },
  },
  {
    target: '$.definitions',
    update: {
      Widget: {
        type: 'object',
        properties: {
          Name: { type: 'string', example: '{name}' },
          Parts: { type: 'array', items: { $ref: '#/definitions/Widget' } },
        },
      },
    },
  },
);

const inspect = overlay(
  { target: '$.definitions.ImageInspect.properties', update: { Widgets: { type: 'integer', example: 3 } } },
  {
    target: '$.definitions.ImageSummary.properties',
    update: { Shape: { type: 'object', properties: { Sides: { type: 'integer', default: 4 } } } },
  },
  {
    target: "$.paths['/images/json'].get.parameters",
    update: { name: 'widgets', in: 'query', type: 'string', enum: ['some', 'none'] },
  },
  { target: '$.definitions.HostConfig.allOf[1].properties', update: { Widgets: { type: 'integer' } } },
);

type Requests = readonly (readonly [string, string, string?])[];

async function asking(options: DaemonOptions, ...requests: Requests): Promise<{ status: number; body: string }[]> {
  await using daemon = await startDaemon(options);
  return await askingOf(daemon, ...requests);
}

async function askingOf(
  daemon: Pick<Daemon, 'connection'>,
  ...requests: Requests
): Promise<{ status: number; body: string }[]> {
  const answers = [];
  for (const [method, path, body] of requests)
    answers.push(
      await ask(daemon.connection, path, {
        method,
        ...(body !== undefined && { body, headers: { 'Content-Type': 'application/json' } }),
      }),
    );
  return answers;
}

const messageOf = ({ body }: { body: string }): string => (JSON.parse(body) as { message: string }).message;

/** The code of the error that a promise rejects with. */
const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );

describe('a prototype', () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await startDaemon({ overlays: [widgets] });
  });
  after(() => daemon.close());

  it('answers a new operation from its example, with what the request says in it', async () => {
    const [list] = await askingOf(daemon, ['GET', '/v1.55/widgets?limit=5&all=1']);
    expect(JSON.parse(list?.body ?? '')).to.deep.equal([{ Name: 'a', Limit: 5, All: true, Text: 'at most 5 of true' }]);
  });

  it('answers from the schema where there is no example, one that holds itself too', async () => {
    const [one, created, gone] = await askingOf(
      daemon,
      ['GET', '/widgets/a/b%2Fc'],
      ['POST', '/widgets/create', '{"Name":"new","Kind":"round"}'],
      ['DELETE', '/widgets/x'],
    );
    expect(JSON.parse(one?.body ?? '')).to.include({ Name: 'a/b/c' });
    expect(created?.status).to.equal(201);
    expect(JSON.parse(created?.body ?? '')).to.deep.equal({ Name: 'new', Size: 0, Kind: 'round' });
    expect(gone).to.deep.equal({ status: 204, body: '' });
  });

  for (const [path, body, named] of [
    ['/widgets?limit=many', undefined, "'limit'"],
    ['/widgets?limit=0', undefined, "'limit'"],
    ['/widgets?all=maybe', undefined, "'all'"],
    ['/widgets?limit=1&limit=2', undefined, "'limit'"],
    ['/widgets?colour=red', undefined, "'colour' is not known to WidgetList"],
    ['/widgets/create', '{}', "'Name' is missing"],
    ['/widgets/create', '{"Name":1}', "'Name'"],
    ['/widgets/create', '{"Name":"a","Kind":"oval"}', 'round, square'],
    ['/widgets/create', '', 'the body is missing'],
    ['/widgets/create', '{"Name"', 'invalid JSON'],
  ] as const)
    it(`refuses ${path} ${body ?? ''} by name`, async () => {
      const [answer] = await askingOf(daemon, [body === undefined ? 'GET' : 'POST', path, body]);
      expect(answer?.status).to.equal(400);
      expect(messageOf(answer as { body: string })).to.contain(named);
    });

  it('takes every value of a list', async () => {
    const [answer] = await askingOf(daemon, ['GET', '/widgets?kind=a&kind=b']);
    expect(answer?.status).to.equal(200);
  });

  it('marks what it makes up, and nothing else; the journal knows the new operations', async () => {
    await using running = await startDaemon({ overlays: [widgets], listen: 'tcp' });
    const host = running.host.replace('tcp:', 'http:');
    const sources = [];
    for (const path of ['/widgets/x', '/info', '/images/json'])
      sources.push((await fetch(host + path)).headers.get('x-attestd-source'));
    expect(sources).to.deep.equal(['spec', null, null]);
    expect(running.requests[0]?.operationId).to.equal('WidgetInspect');
  });

  it('puts new members into answers that have state, and marks them', async () => {
    await using running = await startDaemon({ overlays: [inspect], images: ['five-platforms'], listen: 'tcp' });
    const host = running.host.replace('tcp:', 'http:');
    const one = await fetch(`${host}/images/attestd/five-platforms/json`);
    expect(one.headers.get('x-attestd-source')).to.equal('spec');
    expect(await one.json()).to.include({ Widgets: 3, Os: 'linux' });
    const [first] = (await (await fetch(`${host}/images/json`)).json()) as { Shape: unknown; RepoTags: string[] }[];
    expect(first?.Shape).to.deep.equal({ Sides: 4 });
    expect(first?.RepoTags).to.deep.equal(['attestd/five-platforms:latest']);
  });

  it('checks new parameters and members of operations that were there', async () => {
    const create = (widgetCount: unknown): readonly [string, string, string] => [
      'POST',
      '/containers/create',
      JSON.stringify({ Image: 'nosuch', HostConfig: { Widgets: widgetCount } }),
    ];
    const [bad, good, wrong, right] = await asking(
      { overlays: [inspect] },
      ['GET', '/images/json?widgets=many'],
      ['GET', '/images/json?widgets=some&other=1'],
      create('three'),
      create(3),
    );
    expect(bad?.status).to.equal(400);
    expect(messageOf(bad as { body: string })).to.contain("'widgets' is none of some, none");
    expect(good?.status).to.equal(200);
    expect(wrong?.status).to.equal(400);
    expect(messageOf(wrong as { body: string })).to.contain("'HostConfig.Widgets'");
    expect(right?.status).to.equal(404);
  });

  it('speaks the version that an overlay raises the description to', async () => {
    const newer = overlay(
      { target: '$.info', update: { version: '1.56' } },
      {
        target: '$.paths',
        update: { '/new': { get: { operationId: 'New', 'x-since': '1.56', responses: ok({ type: 'string' }) } } },
      },
    );
    const [current, older, version] = await asking(
      { overlays: [newer] },
      ['GET', '/v1.56/new'],
      ['GET', '/v1.55/new'],
      ['GET', '/version'],
    );
    expect([current?.status, older?.status]).to.deep.equal([200, 400]);
    expect(JSON.parse(version?.body ?? '')).to.include({ ApiVersion: '1.56' });
  });

  it('takes a whole description, which says what there is', async () => {
    const own = {
      openapi: '3.1.0',
      info: { title: 'own', version: '1' },
      paths: {
        '/images/json': { get: { operationId: 'AnyName', responses: { 200: { description: 'ok' } } } },
        '/things/{id}': {
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
          get: {
            operationId: 'Thing',
            responses: {
              200: {
                description: 'ok',
                content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
              },
            },
          },
        },
      },
      components: {
        schemas: { Thing: { type: 'object', properties: { Id: { type: 'integer', example: '{id}' } } } },
      },
    };
    const [images, thing, bad, gone] = await asking(
      { overlays: [own], images: ['five-platforms'] },
      ['GET', '/images/json'],
      ['GET', '/things/7'],
      ['GET', '/things/x'],
      ['GET', '/info'],
    );
    expect(images?.body).to.contain('attestd/five-platforms:latest');
    expect(thing?.body).to.equal('{"Id":7}\n');
    expect([bad?.status, gone?.status]).to.deep.equal([400, 404]);
  });

  for (const [what, overlays] of [
    ['that selects nothing', [overlay({ target: '$.paths.nosuch', update: { a: 1 } })]],
    ['without an operationId', [overlay({ target: '$.paths', update: { '/x': { get: { responses: ok({}) } } } })]],
    [
      "with another operation's id",
      [overlay({ target: '$.paths', update: { '/x': { get: { operationId: 'ImageList', responses: ok({}) } } } })],
    ],
    ['that is no overlay', [{ hello: 'world' }]],
    [
      'of two descriptions',
      [
        { openapi: '3.0.0', paths: {} },
        { openapi: '3.0.0', paths: {} },
      ],
    ],
  ] as const)
    it(`refuses to start with an overlay ${what}`, async () => {
      expect(await codeOf(startDaemon({ overlays }))).to.equal('INVALID_ARGUMENT');
    });
});

describe('handlers of one’s own', () => {
  it('answer instead of the description, and can ask for what it says', async () => {
    const [one] = await asking(
      {
        overlays: [widgets],
        handlers: {
          WidgetInspect: async (request, next) => {
            const { json } = (await next()) as { json: object };
            return { status: 203, json: { ...json, Query: request.query.get('q') } };
          },
        },
      },
      ['GET', '/widgets/x'],
    );
    expect(one?.status).to.equal(203);
    expect(JSON.parse(one?.body ?? '')).to.include({ Name: 'x', Query: null });
  });

  it('take operations of the Engine API over, whose own answer they can still have', async () => {
    const [list, made, events] = await asking(
      {
        images: ['five-platforms'],
        handlers: {
          ImageList: async (_, next) => ({ ...(await next()), status: 202 }),
          VolumeCreate: async (request, next) => {
            await request.json();
            return next();
          },
          SystemEvents: async () => ({
            contentType: 'text/plain',
            body: (async function* () {
              yield 'one';
              yield 'two';
            })(),
          }),
        },
      },
      ['GET', '/images/json'],
      ['POST', '/volumes/create', '{"Name":"mine"}'],
      ['GET', '/events'],
    );
    expect(list?.status).to.equal(202);
    expect(list?.body).to.contain('attestd/five-platforms:latest');
    expect([made?.status, (JSON.parse(made?.body ?? '') as { Name: string }).Name]).to.deep.equal([201, 'mine']);
    expect(events?.body).to.equal('onetwo');
  });

  it('whose errors are answered leave the server as it was', async () => {
    const [failed, nothing, after] = await asking(
      {
        handlers: {
          ImageList: () => {
            throw new TypeError('a fault of the handler');
          },
          SystemVersion: (() => undefined) as never,
        },
      },
      ['GET', '/images/json'],
      ['GET', '/version'],
      ['GET', '/_ping'],
    );
    expect([failed?.status, nothing?.status, after?.status]).to.deep.equal([500, 500, 200]);
  });

  it('of no operation keep the server from starting', async () => {
    expect(await codeOf(startDaemon({ handlers: { Imagelist: () => ({}) } }))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(startDaemon({ handlers: '/nonexistent.mjs' }))).to.equal('USAGE');
  });
});
