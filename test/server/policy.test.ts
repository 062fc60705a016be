import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { tarOf } from '../../src/oci/tar-write.js';
import type { PolicyFunction, PolicyInput } from '../../src/policy/index.js';
import { type Daemon, startDaemon } from '../../src/testing/daemon.js';
import { image } from '../../src/testing/image.js';
import { signingKey } from '../../src/testing/signing.js';
import { type RawAnswer, raw } from './support.js';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/policies/${name}.tar.gz`, import.meta.url));

const json = ({ body }: RawAnswer) => JSON.parse(body.toString());

/** Send a request; JSON where the body is an object. */
function send(daemon: Daemon, method: string, path: string, body?: object | Buffer): Promise<RawAnswer> {
  const { socketPath } = daemon.connection as { socketPath: string };
  const bytes =
    body === undefined || Buffer.isBuffer(body) ? (body ?? Buffer.alloc(0)) : Buffer.from(JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
  const head = `${method} ${path} HTTP/1.1\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}`;
  return raw(socketPath, head, bytes);
}

/** A build's context of a Dockerfile alone. */
function contextOf(dockerfile: string): Buffer {
  const bytes = Buffer.from(dockerfile);
  return tarOf([{ name: 'Dockerfile', mode: 0o644, size: bytes.length, bytes }]);
}

/** A program that no simulation knows runs until it is stopped. */
const program = { '/app': { content: '\x7fELF', mode: 0o755 } };
const plain = image('plain:1').layer(program).cmd('/app');
const attested = image('attested:1').layer(program).cmd('/app').provenance();
const key = signingKey('policy');
const signed = image('signed:1').layer(program).cmd('/app').provenance().signedBy(key);

describe('a daemon with a policy', () => {
  let daemon: Daemon;
  const asked: PolicyInput[] = [];
  /** What the policy says, which a test may set. */
  let decide: PolicyFunction;

  before(async function () {
    this.timeout(60_000);
    const policy: PolicyFunction = (input) => {
      asked.push(input);
      return decide(input);
    };
    const trust = [{ publicKey: key.publicKey }];
    daemon = await startDaemon({ platform: 'linux/amd64', images: [plain, attested, signed], policy, trust });
  });

  beforeEach(() => {
    asked.length = 0;
    decide = ({ image: { hasProvenance } }) => ({
      allow: hasProvenance === true,
      deny_msg: ['it has no provenance', 'and no SBOM'],
      warn_msg: hasProvenance ? ['it is old'] : [],
    });
  });

  after(() => daemon.close());

  const create = (body: object, query = '') => send(daemon, 'POST', `/v1.55/containers/create${query}`, body);

  it('creates a container of an allowed image, with the warnings', async () => {
    const answer = await create({ Image: 'attested:1' });
    expect(answer.status).to.equal(201);
    expect(json(answer).Warnings).to.eql(['it is old']);
  });

  it('answers 403 with every reason, makes nothing, and tells it as an event of the image', async () => {
    const since = Date.now() / 1000 - 1;
    const answer = await create({ Image: 'plain:1' }, '?name=refused');
    expect(answer.status).to.equal(403);
    expect(json(answer).message).to.equal('plain:1 is denied by policy: it has no provenance; and no SBOM');
    expect((await send(daemon, 'GET', '/v1.55/containers/refused/json')).status).to.equal(404);
    const events = await send(daemon, 'GET', `/v1.55/events?since=${since}&until=${Date.now() / 1000 + 1}`);
    const event = events.body
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .find(({ Action }) => Action === 'policy');
    expect(event).to.deep.include({ Type: 'image', Action: 'policy' });
    expect(event.Actor).to.deep.include({ ID: plain.digest });
    expect(event.Actor.Attributes).to.include({ name: 'plain:1', decision: 'deny', action: 'create' });
  });

  it('shows the policy the request as the API names it, whatever its case, and the version of the API', async () => {
    const body = { image: 'attested:1', hostconfig: { privileged: true, binds: ['/:/host'] }, labels: { a: 'b' } };
    expect((await send(daemon, 'POST', '/v1.44/containers/create?name=seen', body)).status).to.equal(201);
    const [{ container } = {} as PolicyInput] = asked;
    expect(container).to.deep.include({ action: 'create', name: 'seen', apiVersion: '1.44' });
    expect(container?.request).to.deep.include({ Image: 'attested:1', Labels: { a: 'b' } });
    expect(container?.request?.HostConfig).to.deep.include({ Privileged: true, Binds: ['/:/host'] });
  });

  it('tells of signatures whom the trust knows', async () => {
    await create({ Image: 'signed:1' });
    const [{ image: seen, unknowns } = {} as PolicyInput] = asked;
    expect(seen.signatures?.map(({ publicKey }) => publicKey)).to.eql([key.hint]);
    expect(unknowns).to.eql([]);
  });

  it('judges the images that a container mounts', async () => {
    const mounting = (Source: string) => ({
      Image: 'attested:1',
      HostConfig: { Mounts: [{ Type: 'image', Source, Target: '/m' }] },
    });
    expect((await create(mounting('signed:1'))).status).to.equal(201);
    const answer = await create(mounting('plain:1'), '?name=mounting');
    expect([answer.status, json(answer).message]).to.eql([
      403,
      'plain:1 is denied by policy: it has no provenance; and no SBOM',
    ]);
    expect((await send(daemon, 'GET', '/v1.55/containers/mounting/json')).status).to.equal(404);
  });

  it('runs what was judged, whatever the name becomes meanwhile', async () => {
    decide = async ({ image: { hasProvenance } }) => {
      await send(daemon, 'POST', '/v1.55/images/plain:1/tag?repo=moving&tag=1');
      return hasProvenance === true;
    };
    await send(daemon, 'POST', '/v1.55/images/attested:1/tag?repo=moving&tag=1');
    const answer = await create({ Image: 'moving:1' });
    expect(answer.status).to.equal(201);
    const made = json(await send(daemon, 'GET', `/v1.55/containers/${json(answer).Id}/json`));
    expect(made.Image).to.equal(attested.digest);
    const now = json(await send(daemon, 'GET', '/v1.55/images/moving:1/json'));
    expect(now.Id).to.equal(plain.digest);
  });

  for (const act of ['start', 'restart'])
    it(`asks again when a container is to ${act}, which may be of a time without the policy`, async () => {
      decide = () => true;
      const { Id } = json(await create({ Image: 'plain:1' }));
      decide = ({ container }) => ({
        allow: false,
        deny_msg: [`no ${container?.action} of ${container?.request?.Image}`],
      });
      const answer = await send(daemon, 'POST', `/v1.55/containers/${Id}/${act}`);
      expect([answer.status, json(answer).message]).to.eql([403, 'plain:1 is denied by policy: no start of plain:1']);
      const { State } = json(await send(daemon, 'GET', `/v1.55/containers/${Id}/json`));
      expect(State).to.deep.include({ Status: 'created', Error: '' });
    });

  it('leaves a running container that may not start again as it is', async () => {
    decide = () => true;
    const { Id } = json(await create({ Image: 'attested:1' }));
    await send(daemon, 'POST', `/v1.55/containers/${Id}/start`);
    decide = () => false;
    expect((await send(daemon, 'POST', `/v1.55/containers/${Id}/restart`)).status).to.equal(403);
    const { State } = json(await send(daemon, 'GET', `/v1.55/containers/${Id}/json`));
    expect(State.Status).to.equal('running');
    await send(daemon, 'DELETE', `/v1.55/containers/${Id}?force=1`);
  });

  it('says that an image is not there as ever, so that clients pull it', async () => {
    expect((await create({ Image: 'missing:1' })).status).to.equal(404);
    expect(asked).to.eql([]);
  });

  it('denies a container without an image, and whatever its policy fails about', async () => {
    expect((await create({ Cmd: ['x'] })).status).to.equal(403);
    decide = () => {
      throw new Error('broken');
    };
    const answer = await create({ Image: 'attested:1' });
    expect([answer.status, json(answer).message]).to.eql([403, 'attested:1 is denied by policy: broken']);
  });

  it('answers what the policy is shown of an image, and what it says', async () => {
    const answer = await send(daemon, 'GET', '/v1.55/images/plain:1/policy');
    expect(answer.status).to.equal(200);
    expect(json(answer)).to.deep.include({
      Allow: false,
      Reasons: ['it has no provenance', 'and no SBOM'],
      Digest: plain.digest,
    });
    expect(json(answer).Input.image).to.include({ ref: 'docker.io/library/plain:1' });
    expect(answer.headers['x-attestd-source']).to.equal(undefined);
    const wanted = encodeURIComponent(JSON.stringify({ os: 'linux', architecture: 'amd64' }));
    expect(json(await send(daemon, 'GET', `/images/attested:1/policy?platform=${wanted}`)).Allow).to.equal(true);
    expect((await send(daemon, 'GET', '/images/missing/policy')).status).to.equal(404);
    expect((await send(daemon, 'GET', '/images/plain:1/policy?platform=x')).status).to.equal(400);
  });

  it('has no such endpoint without a policy', async () => {
    const other = await startDaemon({ images: [plain] });
    expect((await send(other, 'GET', '/v1.55/images/plain:1/policy')).status).to.equal(404);
    await other.close();
  });

  it('takes a compiled bundle', async () => {
    const other = await startDaemon({ images: [plain, attested], policy: example('builder'), platform: 'linux/amd64' });
    const make = (Image: string) => send(other, 'POST', '/v1.55/containers/create', { Image });
    expect((await make('attested:1')).status).to.equal(201);
    expect(json(await make('plain:1')).message).to.equal('plain:1 is denied by policy: it has no provenance');
    await other.close();
  });

  it('builds of allowed images only', async () => {
    const build = (name: string) => send(daemon, 'POST', '/v1.55/build', contextOf(`FROM ${name}\nLABEL a=b\n`));
    expect((await build('attested:1')).body.toString()).to.match(/Successfully built/);
    expect((await build('plain:1')).body.toString()).to.match(/plain:1 is denied by policy: it has no provenance/);
  });
});
