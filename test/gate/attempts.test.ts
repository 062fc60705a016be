import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { connect, type EngineClient, parseHost } from '../../src/client/index.js';
import { type Gate, startGate } from '../../src/gate/index.js';
import { privateSocket } from '../../src/server/address.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { attempts, type Stage } from './attempts.js';
import { attested, images, listAudit, send } from './support.js';

/** A real daemon in place of the reference server, to see that it is not fooled either; an empty one. */
const given = process.env.ATTESTD_GATE_DAEMON;

interface Listed {
  readonly Id: string;
  readonly State: string;
}

describe(`attempts to get past the gate before ${given ? 'a real daemon' : 'the reference server'}`, function () {
  this.timeout(20_000);
  let daemon: Daemon | undefined;
  let client: EngineClient;
  let gate: Gate;
  let stage: Stage;
  let remove: () => Promise<void>;
  const audit = listAudit();

  before(async () => {
    daemon = given ? undefined : await startDaemon({ platform: 'linux/amd64' });
    const host = given ?? (daemon as Daemon).host;
    client = await connect({ host, env: {} });
    for (const one of Object.values(images)) await client.request('POST', '/images/load', {}, await one.toArchive());
    const target = parseHost(host);
    const socket = target.kind === 'unix' ? target.path : '';
    const make = async (Image: string, platform: string): Promise<string> => {
      const { body } = await send(socket, 'POST', `/v1.55/containers/create?platform=${platform}`, { Image });
      return (JSON.parse(body) as { Id: string }).Id;
    };
    const elsewhere = {
      bad: await make('gate/bad:1', 'linux/amd64'),
      other: await make('gate/mixed:1', 'linux/386'),
    };
    const { address, remove: drop } = await privateSocket();
    remove = drop;
    const path = address.kind === 'unix' ? address.path : '';
    gate = await startGate({ listen: [`unix://${path}`], host, judge: attested, audit });
    const idOf = async (name: string): Promise<string> => (await client.inspectImage(name)).Id ?? '';
    const ids = { good: await idOf('gate/good:1'), bad: await idOf('gate/bad:1') };
    stage = { gate: path, daemon: socket, ids, elsewhere };
  });
  after(async () => {
    for (const id of Object.values(stage.elsewhere))
      await client.request('DELETE', `/containers/${id}`, { force: '1' });
    for (const name of Object.keys(images)) await client.request('DELETE', `/images/gate/${name}:1`, { force: '1' });
    await gate.close();
    client.close();
    await daemon?.close();
    await remove();
  });

  const containers = async (): Promise<Listed[]> =>
    JSON.parse((await client.request('GET', '/containers/json', { all: '1' })).body.toString()) as Listed[];

  for (const [about, list] of Object.entries(attempts))
    describe(about, () => {
      for (const { what, answers, send: attempt } of list)
        it(`refuses ${what}`, async () => {
          const before = audit.decisions.length;
          expect(await attempt(stage)).to.deep.equal(answers);
          const now = await containers();
          expect(now.map(({ Id }) => Id)).to.have.members(Object.values(stage.elsewhere));
          expect(now.map(({ State }) => State)).to.deep.equal(['created', 'created']);
          expect(audit.decisions.slice(before).filter(({ decision }) => decision === 'allow')).to.deep.equal([]);
        });
    });

  it('are in docs/reference/gate.md', async () => {
    const page = await readFile(new URL('../../docs/reference/gate.md', import.meta.url), 'utf8');
    for (const [about, list] of Object.entries(attempts)) {
      const rows = list.map(({ what, answers }) => `| ${what} | ${answers.join(', ')} |`);
      expect(page).to.include([`| ${about} | answers |`, '|---|---|', ...rows, ''].join('\n'));
    }
  });

  it('are at least forty', () => {
    expect(Object.values(attempts).flat().length).to.be.at.least(40);
  });
});
