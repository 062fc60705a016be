import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Duplex, PassThrough } from 'node:stream';
import { expect } from 'chai';
import { AttestdError } from '../../../../src/support/foundation/errors.js';
import { programs } from '../../../../src/support/sandbox/programs/index.js';
import { readScripts } from '../../../../src/support/sandbox/scripts/read.js';
import type { Script } from '../../../../src/support/sandbox/scripts/types.js';
import { type Container, container, type Running } from '../support.js';

const page = readFileSync(new URL('../../../../docs/reference/scripts.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

async function allExamples(): Promise<readonly Script[]> {
  const read = await Promise.all(examples.map((text, index) => readScripts(text, `example ${index}`)));
  return read.flat();
}

/** A container of an image, with the scripts of the documentation. */
async function scripted(
  reference: string,
  labels: Record<string, string> = {},
  said: string[] = [],
): Promise<Container> {
  const log = { debug: () => {}, warn: (message: string) => void said.push(message) };
  const image = { reference, labels: {}, os: 'linux', architecture: 'amd64' };
  return container({ image, labels, options: { scripts: await allExamples(), log } });
}

const ended = async (running: Running): Promise<number> => (await running.exit).code;

describe('the example of a database in docs/reference/scripts.md', () => {
  it('writes when it says, and ends as its signals say', async () => {
    const box = await scripted('postgres:16');
    const running = box.start(['docker-entrypoint.sh', 'postgres']);
    await box.clock.advance(0);
    expect([running.stdout, running.stderr]).to.deep.equal(['starting\n', '']);
    await box.clock.advance(1500);
    expect(running.stderr).to.equal('database system is ready to accept connections\n');
    running.process.signal(1);
    await box.clock.advance(60_000);
    expect(running.stderr).to.match(/reloading\n$/);
    running.process.signal(15);
    await box.clock.advance(99);
    expect(running.process.status).to.equal(undefined);
    await box.clock.advance(1);
    expect(await ended(running)).to.equal(0);
    expect(running.stderr).to.match(/shutting down\n$/);
  });

  it('answers commands and health checks by the time', async () => {
    const box = await scripted('postgres:16');
    box.start(['postgres']);
    const ready = async (): Promise<[number, string]> => {
      const running = box.start(['pg_isready', '-q']);
      return [await ended(running), running.stdout];
    };
    const healthy = async (): Promise<number> => ended(box.start(['true'], { purpose: 'health' }));
    expect(await ready()).to.deep.equal([2, 'no response\n']);
    expect(await healthy()).to.equal(1);
    expect(box.sandbox.listening()).to.deep.equal([]);
    await box.clock.advance(2000);
    expect(await ready()).to.deep.equal([0, 'accepting connections\n']);
    expect(await healthy()).to.equal(0);
    expect(box.sandbox.listening()).to.deep.equal([5432]);
  });

  it('leaves other commands to the shell', async () => {
    const box = await scripted('postgres:16');
    box.start(['postgres']);
    const running = box.start(['cat', '/dir/file']);
    await running.exit;
    expect(running.stdout).to.equal('from the image\n');
  });
});

describe('the example of a web server in docs/reference/scripts.md', () => {
  /** Both ends of a connection. */
  function pair(): [Duplex, Duplex] {
    const [there, back] = [new PassThrough(), new PassThrough()];
    return [Duplex.from({ readable: back, writable: there }), Duplex.from({ readable: there, writable: back })];
  }

  it('answers its port when the request is complete', async () => {
    const box = await scripted('docker.io/library/nginx:1');
    box.start(['nginx', '-g', 'daemon off;']);
    const [client, server] = pair();
    expect(box.sandbox.connect(80, server)).to.equal(true);
    client.write('GET / HTTP/1.1\r\nHost: x\r\n');
    client.write('\r\n');
    let answer = '';
    client.on('data', (bytes: Buffer) => {
      answer += bytes.toString();
    });
    await once(client, 'end');
    expect(answer).to.match(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nhi\n$/);
    expect(box.sandbox.connect(81, pair()[1])).to.equal(false);
  });

  it('goes on saying something', async () => {
    const box = await scripted('nginx');
    const running = box.start(['nginx']);
    await box.clock.advance(25_000);
    expect(running.stdout).to.equal('listening on 80\nstill here\nstill here\nstill here\n');
    running.process.signal(3);
    expect(await ended(running)).to.equal(0);
  });

  it('is for its commands only', async () => {
    const box = await scripted('nginx');
    expect(await ended(box.start(['true']))).to.equal(0);
    expect(box.sandbox.listening()).to.deep.equal([]);
  });
});

describe('the example of workers in docs/reference/scripts.md', () => {
  it('fails after its last step', async () => {
    const box = await scripted('any');
    const running = box.start(['work', 'hard']);
    await box.clock.advance(2000);
    expect(await ended(running)).to.equal(3);
    expect([running.stdout, running.stderr]).to.deep.equal(['tick\ntick\ntick\n', 'no more work\n']);
  });

  it('is chosen by a label, reads its input, and ignores SIGTERM', async () => {
    const box = await scripted('any', { 'attestd.script': 'echo' });
    const running = box.start(['whatever'], { openStdin: true });
    await running.process.stdin.write(Buffer.from('heard\n'));
    await box.clock.advance(0);
    expect(running.stdout).to.equal('heard\n');
    running.process.signal(15);
    await box.clock.advance(1000);
    expect(running.process.status).to.equal(undefined);
    running.process.signal(9);
    expect(await ended(running)).to.equal(137);
  });

  it('says when a label names none', async () => {
    const said: string[] = [];
    const box = await scripted('any', { 'attestd.script': 'nope' }, said);
    await ended(box.start(['true']));
    expect(said).to.deep.equal(['container c0ffee: there is no script "nope"']);
  });
});

describe('a port that a script serves', () => {
  it('is found open from inside, and others refused', async () => {
    const scripts = await readScripts(
      "version: '1.0'\nscripts: [{ name: web, match: { command: 'sleep *' }, serves: { 80: hi } }]",
      'f',
    );
    const box = await container({ options: { scripts } });
    box.start(['sleep', '1000']);
    const open = box.start(['nc', '-z', '-v', 'localhost', '80'], { purpose: 'exec' });
    expect([(await open.exit).code, open.stderr]).to.deep.equal([0, 'localhost (127.0.0.1:80) open\n']);
    const closed = box.start(['nc', '-z', '127.0.0.1', '81'], { purpose: 'exec' });
    expect((await closed.exit).code).to.equal(1);
    const away = box.start(['nc', '-z', 'example.org', '80'], { purpose: 'exec' });
    expect((await away.exit).code).to.equal(1);
  });
});

describe('scripts that are wrong', () => {
  const wrong: readonly (readonly [title: string, text: string, says: RegExp])[] = [
    ['that are no YAML', 'a: [', /^f: /],
    ['of another version', 'version: "2.0"\nscripts: []', /^f: version must be equal to constant/],
    ['without a list', 'version: "1.0"', /must have required property 'scripts'/],
    [
      'with members that there are not',
      "version: '1.0'\nscripts: [{ name: a, runs: [] }]",
      /^f: scripts\[0\] .*\(runs\)/,
    ],
    [
      'with a duration that is none',
      "version: '1.0'\nscripts: [{ name: a, run: [{ after: 3 }] }]",
      /^f: scripts\[0\]\.run\[0\]\.after must be string/,
    ],
    [
      'with the same name twice',
      "version: '1.0'\nscripts: [{ name: a }, { name: a }]",
      /^f: scripts\[1\]\.name: "a" is there twice/,
    ],
    [
      'with a signal that is none',
      "version: '1.0'\nscripts: [{ name: a, signals: { NOPE: ignore } }]",
      /NOPE is no signal/,
    ],
    [
      'that catch SIGKILL',
      "version: '1.0'\nscripts: [{ name: a, signals: { KILL: ignore } }]",
      /nothing can be said of KILL/,
    ],
    ['with a port that is none', "version: '1.0'\nscripts: [{ name: a, serves: { 70000: x } }]", /70000 is no port/],
  ];
  for (const [title, text, says] of wrong) {
    it(`are refused: ${title}`, async () => {
      const error = await readScripts(text, 'f').catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARGUMENT');
      expect((error as AttestdError).message).to.match(says);
    });
  }
});

describe('the list of programs in docs/reference/scripts.md', () => {
  it('is the one that there is', () => {
    const list = /run as that:\n\n([\s\S]*?)\n\n/.exec(page)?.[1] ?? '';
    expect([...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name)).to.deep.equal(
      [...programs.keys()].filter((name) => name !== '[').sort(),
    );
  });
});
