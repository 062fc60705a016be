import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Gate, type GateJudge, startGate } from '../../src/gate/index.js';
import { privateSocket } from '../../src/server/address.js';
import { daemonThat, digest, visitAll } from './leaving.js';
import { listAudit, send } from './support.js';

/** Sockets that this process has. */
const sockets = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

describe('the gate with clients that leave at any moment, and a daemon of every kind', function () {
  this.timeout(60_000);
  let path: string;
  let remove: () => Promise<void>;
  let daemon: net.Server;
  let gate: Gate;
  /** Connections of the daemon that nobody would use again, with what was asked by them. */
  const held = new Map<net.Socket, string>();

  before(async () => {
    const { address, remove: drop } = await privateSocket();
    path = address.kind === 'unix' ? address.path : '';
    remove = drop;
    daemon = daemonThat(held).listen(`${path}.daemon`);
    await once(daemon, 'listening');
    const judge: GateJudge = async () => ({ allowed: true, reasons: [], warnings: [], image: digest });
    gate = await startGate({
      listen: [`unix://${path}`],
      host: `unix://${path}.daemon`,
      judge: () => judge,
      audit: listAudit(),
    });
  });
  after(async () => {
    await gate.close();
    daemon.close();
    await remove();
  });

  it('stays, and keeps neither connection', async () => {
    // Connections to the daemon that are kept for the next client have two sockets here.
    const connections = promisify(daemon.getConnections.bind(daemon));
    const strangers = async (): Promise<number> => sockets() - 2 * (await connections());
    const before = await strangers();
    const came = await visitAll(path);
    expect(came).to.be.above(500);
    const until = performance.now() + 20_000;
    while ((held.size > 0 || (await strangers()) > before) && performance.now() < until) await sleep(50);
    // Fewer are those of tests before this one that have closed since.
    expect([[...held.values()], Math.max(0, (await strangers()) - before)]).to.deep.equal([[], 0]);
    expect((await send(path, 'GET', '/_ping')).status).to.equal(200);
  });
});
