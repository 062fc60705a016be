import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { demand } from '../../src/conformance/expect.js';
import { everything } from '../../src/conformance/plan.js';
import type { Requirement } from '../../src/conformance/requirement.js';
import { type RunOptions, run } from '../../src/conformance/runner.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { sample } from './sample.js';

/** A daemon of a few lines: versions, loads that always work, and what is deleted from it. */
class SmallDaemon {
  readonly deleted: string[] = [];
  /** Methods and paths of all requests. */
  readonly asked: string[] = [];
  /** The image list, for any filter. */
  images: object[] = [];
  /** Errors of the next image lists, one each. */
  lost: string[] = [];
  /** Errors of the next pulls and builds, one each. */
  collected: string[] = [];
  apiVersion = '1.55';
  refusesLoads = false;
  readonly #server = http.createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').replace(/^\/v[\d.]+/, '').replace(/\?.*/, ''));
    this.asked.push(`${request.method} ${path}`);
    const answer = (status: number, body: unknown): void => {
      request.resume();
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (path === '/version')
      answer(200, { Version: '1', ApiVersion: this.apiVersion, MinAPIVersion: '1.40', Os: 'linux', Arch: 'amd64' });
    else if (path === '/images/load' && this.refusesLoads) answer(500, { message: 'no' });
    else if (path === '/images/load') request.resume().on('end', () => answer(200, { stream: 'Loaded image: x' }));
    else if (path === '/images/json') {
      const lost = this.lost.shift();
      if (lost === undefined) answer(200, this.images);
      else answer(404, { message: `${lost}: not found` });
    } else if (path === '/images/create' || path === '/build') {
      const error = this.collected.shift();
      answer(200, error === undefined ? { status: 'done' } : { error });
    } else if (path === '/broken') response.destroy();
    else if (request.method === 'DELETE') {
      this.deleted.push(path.replace('/images/', ''));
      answer(200, []);
    } else answer(404, { message: 'page not found' });
  });

  async start(): Promise<RunOptions['target']> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return { kind: 'tcp', host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const simple = { features: ['engine' as const] };

describe('a run', () => {
  let daemon: SmallDaemon;
  let options: RunOptions;

  beforeEach(async () => {
    daemon = new SmallDaemon();
    options = {
      target: await daemon.start(),
      requirements: [],
      selection: everything,
      maxVersion: '1.55',
      deviations: () => [],
      run: 'attestd-unit',
    };
  });

  afterEach(() => daemon.stop());

  it('tells a daemon that fails from a suite that breaks', async () => {
    const outcome = await run({
      ...options,
      requirements: [
        sample({ ...simple, id: 'A.passes' }),
        sample({ ...simple, id: 'B.fails', check: async () => demand(false, 'what', 'this', 'that') }),
        sample({
          ...simple,
          id: 'C.breaks',
          check: async () => {
            throw new TypeError('a bug of the suite');
          },
        }),
        sample({ ...simple, id: 'D.cut', check: async (t) => void (await t.api.get('/broken')) }),
        sample({ ...simple, id: 'E.unlisted-image', check: async (t) => void t.image('basic') }),
      ],
    });
    expect(outcome.results.map(({ outcome: ended }) => ended)).to.deep.equal([
      'passed',
      'failed',
      'error',
      'failed',
      'error',
    ]);
    expect(outcome.results[1]?.failure).to.deep.equal({ message: 'what', expected: 'this', actual: 'that' });
    expect(outcome.results[2]?.reason).to.include('a bug of the suite');
    expect(outcome.results[3]?.exchanges[0]?.broken).to.be.a('string');
  });

  it('blames what a check needs first on the requirement that judges it, with its exchange', async () => {
    daemon.refusesLoads = true;
    const needing = (id: string, by: string) =>
      sample({
        ...simple,
        id,
        check: (t) => t.given(by, async () => void (await t.api.get('/no')).status(200)),
      });
    const outcome = await run({
      ...options,
      deviations: () => [
        { requirement: 'C.known', description: 'd', behaviour: 'b', actual: 'page not found', evidence: 'e' },
      ],
      requirements: [
        sample({ ...simple, id: 'A.needs-image', images: ['bare'] }),
        sample({ ...simple, id: 'B.too', check: async (t) => void (await t.fresh('bare')) }),
        needing('C.known', 'C.known'),
        needing('D.needs-known', 'C.known'),
        sample({ ...simple, id: 'ImageLoad.image-bare', images: ['bare'] }),
      ],
    });
    expect(
      outcome.results.map(({ outcome: ended, blockedBy, deviation, exchanges }) => [
        ended,
        blockedBy,
        deviation !== undefined,
        exchanges.map(({ path }) => path),
      ]),
    ).to.deep.equal([
      ['blocked', 'ImageLoad.image-bare', false, ['/v1.55/images/load']],
      ['blocked', 'ImageLoad.image-bare', false, ['/v1.55/images/load']],
      ['failed', undefined, true, ['/v1.55/no']],
      ['blocked', 'C.known', true, ['/v1.55/no']],
      ['failed', undefined, false, ['/v1.55/images/load']],
    ]);
  });

  it('asks for a list again that fails by content of others, and blames the daemon for content of its own', async () => {
    const others = `content digest sha256:${'0'.repeat(64)}`;
    const container = `NotFound: snapshot ${'0'.repeat(64)} does not exist`;
    const listing = (id: string, lost: (own: string) => string[]) =>
      sample({
        ...simple,
        id,
        check: async (t) => {
          daemon.lost = lost(t.draft('bare').root.digest);
          (await t.api.get('/images/json')).status(200);
        },
      });
    const { results } = await run({
      ...options,
      requirements: [
        listing('A.of-others', () => [others, container]),
        listing('B.own', (own) => [`content digest ${own}`]),
        listing('C.for-ever', () => Array<string>(99).fill(others)),
      ],
    });
    expect(results.map(({ outcome, exchanges }) => [outcome, exchanges.map(({ status }) => status)])).to.deep.equal([
      ['passed', [404, 404, 200]],
      ['failed', [404]],
      ['failed', Array(6).fill(404)],
    ]);
  });

  it('pulls and builds again what was collected as it came', async () => {
    const chance = [
      'failed commit on ref "index": commit failed: rename a b: no such file or directory',
      `unable to find image "sha256:${'0'.repeat(64)}"`,
    ];
    daemon.collected = [...chance, ...chance, 'no space left on device'];
    const check: Requirement['check'] = async (t) => {
      for (const path of ['/images/create', '/build']) await t.api.post(path);
    };
    const { results } = await run({ ...options, requirements: [sample({ ...simple, check })] });
    expect(results[0]?.exchanges.map(({ path }) => path.slice('/v1.55/'.length))).to.deep.equal([
      ...Array<string>(5).fill('images/create'),
      'build',
    ]);
  });

  it('tries what checks need first again until it has failed twice in a row', async () => {
    const tried: string[] = [];
    const needing = (id: string, works: boolean) =>
      sample({
        ...simple,
        id,
        check: (t) =>
          t.given('X', async () => {
            tried.push(id);
            demand(works, 'what', 'this', 'that');
          }),
      });
    const outcome = await run({
      ...options,
      requirements: [
        needing('A.chance', false),
        needing('B.made', true),
        needing('C.first', false),
        needing('D.second', false),
        needing('E.not-tried', true),
        needing('X', true),
        needing('Y.made', true),
      ],
    });
    expect(outcome.results.map(({ outcome: ended }) => ended)).to.deep.equal([
      'blocked',
      'passed',
      'blocked',
      'blocked',
      'blocked',
      'passed',
      'passed',
    ]);
    expect(tried).to.deep.equal(['A.chance', 'B.made', 'C.first', 'D.second', 'X', 'Y.made']);
  });

  it('asks for nothing that a narrowed selection leaves out: no image, no probe, no check', async () => {
    const requirements = [
      sample({ ...simple, id: 'A.kept', check: async (t) => void (await t.api.get('/kept')) }),
      sample({ id: 'B.left-out', images: ['basic'], check: async (t) => void (await t.api.get('/left-out')) }),
    ];
    await run({ ...options, requirements, selection: { ...everything, profiles: ['core-1.44'] } });
    expect(daemon.asked).to.deep.equal(['GET /version', 'GET /info', 'GET /kept']);
    daemon.asked.length = 0;
    await run({ ...options, requirements });
    expect(daemon.asked).to.include.members(['POST /images/load', 'GET /kept']);
  });

  it('removes what it loaded, by name, after success and after failure', async () => {
    await run({
      ...options,
      requirements: [
        sample({ ...simple, id: 'A.loads', images: ['two-names'] }),
        sample({
          ...simple,
          id: 'B.fails',
          check: async (t) => {
            await t.fresh('bare');
            t.scratch('tag');
            demand(false, 'what', 'this', 'that');
          },
        }),
      ],
    });
    expect(daemon.deleted).to.include.members([
      'attestd-unit/two-names:latest',
      'attestd-unit/two-names:second',
      'attestd-unit/bare-1:latest',
      'attestd-unit/scratch-2/tag',
    ]);
    expect(daemon.deleted.every((name) => name.startsWith('attestd-unit/'))).to.equal(true);
  });

  it('removes unnamed images of the run, and no other image even when the daemon ignores the filter', async () => {
    daemon.images = [
      { Id: 'sha256:ours', Labels: { 'attestd.conformance.run': 'attestd-unit' } },
      { Id: 'sha256:another-run', Labels: { 'attestd.conformance.run': 'attestd-other' } },
      { Id: 'sha256:somebodys', Labels: null },
    ];
    await run({ ...options, requirements: [sample({ ...simple, images: ['unnamed'] })] });
    expect(daemon.deleted).to.deep.equal(['sha256:ours']);
  });

  it('removes nothing when it loaded nothing', async () => {
    daemon.images = [{ Id: 'sha256:ours', Labels: { 'attestd.conformance.run': 'attestd-unit' } }];
    await run({ ...options, requirements: [sample(simple)] });
    expect(daemon.deleted).to.deep.equal([]);
  });

  it('stops and removes what it loaded when it is interrupted', async () => {
    const controller = new AbortController();
    const outcome = await run({
      ...options,
      signal: controller.signal,
      requirements: [
        sample({ ...simple, id: 'A.loads', images: ['bare'] }),
        sample({
          ...simple,
          id: 'B.interrupted',
          check: async (t) => {
            controller.abort();
            await t.api.get('/version');
          },
        }),
        sample({ ...simple, id: 'C.never' }),
      ],
    });
    expect(outcome.interrupted).to.equal(true);
    expect(outcome.results.map(({ requirement }) => requirement.id)).to.deep.equal(['A.loads']);
    expect(daemon.deleted).to.deep.equal(['attestd-unit/bare:latest']);
  });

  it('takes the highest API version that both sides have', async () => {
    daemon.apiVersion = '1.51';
    expect((await run(options)).apiVersion).to.equal('1.51');
    daemon.apiVersion = '1.60';
    expect((await run(options)).apiVersion).to.equal('1.55');
  });

  it('refuses an API version that the daemon does not have', async () => {
    const error = await run({ ...options, apiVersion: '1.56' }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
  });

  it('reports that no daemon answers', async () => {
    await daemon.stop();
    const error = await run(options).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'UNAVAILABLE');
    daemon = new SmallDaemon();
    await daemon.start();
  });

  it('sorts results by id, whatever the order of the catalogue', async () => {
    const requirements = ['B.b', 'A.z', 'A.a'].map((id) => sample({ ...simple, id }));
    const { results } = await run({ ...options, requirements });
    expect(results.map(({ requirement }) => requirement.id)).to.deep.equal(['A.a', 'A.z', 'B.b']);
  });

  it('marks failures that are known, and names known ones that passed', async () => {
    const known = (requirement: string) => ({
      requirement,
      description: 'd',
      behaviour: 'b',
      actual: '^that$',
      evidence: 'e',
    });
    const outcome = await run({
      ...options,
      deviations: () => [known('A.known'), known('B.repaired')],
      requirements: [
        sample({ ...simple, id: 'A.known', check: async () => demand(false, 'what', 'this', 'that') }),
        sample({ ...simple, id: 'B.repaired' }),
      ],
    });
    expect(outcome.results[0]).to.include({ outcome: 'failed' }).and.have.property('deviation');
    expect(outcome.repaired.map(({ requirement }) => requirement)).to.deep.equal(['B.repaired']);
  });
});
