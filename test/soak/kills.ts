import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkStore } from '../../src/oci/check.js';
import { openLayout } from '../../src/oci/layout.js';
import type { Random } from '../helpers/random.js';
import { FakeRegistry } from '../support/registry-client/fake-registry.js';
import { type Answer, Api } from './api.js';
import { fileArchive, fileIn, filesArchive, fullName, type SoakImage, soakImages } from './images.js';
import { anything, Ledger, type Value } from './ledger.js';

const clients = 4;
const names = ['soak/a', 'soak/b', 'soak/c'] as const;
const containers = ['one', 'two'] as const;
const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
/** A server is killed a while after so many acts were acknowledged at most, milliseconds. */
const mostActs = 12;
const longestWhile = 60;
/** Longest time to wait for those, milliseconds. */
const longestLoad = 20_000;
const present = 'there';
/** A slow machine stands still for so long, again and again, milliseconds: longer than a server works on one thing at a time. */
const stall = 12;

/** What rounds of kills came to. */
export interface Kills {
  readonly kills: number;
  /** How often it was asked to end instead. */
  readonly ends: number;
  readonly acknowledged: number;
  readonly violations: readonly string[];
}

/** Kills a server under load and checks what it left, again and again, on one folder. */
export class KillSoak {
  readonly #images: readonly SoakImage[] = soakImages(names);
  readonly #ledger = new Ledger();
  readonly #state = new Ledger();
  readonly #pulled = new Map<string, string>();
  readonly #violations: string[] = [];
  #kills = 0;
  #ends = 0;
  #values = 0;

  private constructor(
    readonly random: Random,
    readonly folder: string,
    readonly registry: FakeRegistry,
  ) {}

  static async start(random: Random): Promise<KillSoak> {
    const soak = new KillSoak(random, await mkdtemp(join(tmpdir(), 'attestd-soak-')), await FakeRegistry.start());
    for (const name of ['att-basic', 'att-multi']) {
      const archive = new URL(`../golden/images/${name}.tar`, import.meta.url).pathname;
      soak.#pulled.set(`${soak.registry.host}/soak/${name}`, await soak.registry.load(archive, `soak/${name}`));
    }
    return soak;
  }

  async end(): Promise<void> {
    await this.registry.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get outcome(): Kills {
    const acknowledged = this.#ledger.acknowledged + this.#state.acknowledged;
    return { kills: this.#kills, ends: this.#ends, acknowledged, violations: this.#violations };
  }

  /** Start the server, load it, kill it, look at what it left. @param round its number, for what is found */
  async round(round: number): Promise<void> {
    const socket = join(this.folder, 'api.sock');
    const store = join(this.folder, 'store');
    const server = spawn(
      process.execPath,
      [main, 'serve', '--quiet', '--store', store, '--listen', `unix://${socket}`],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const complaints: Buffer[] = [];
    server.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    const gone = once(server, 'close');
    const api = new Api(socket);
    const asked = this.random.once(4);
    try {
      const ready = await Promise.race([once(server.stdout, 'data').then(() => true), gone.then(() => false)]);
      if (!ready) return this.#report(round, `the server does not start: ${Buffer.concat(complaints)}`);
      await this.#checkState(api, round);
      await this.#load(api, server, asked ? 'SIGTERM' : 'SIGKILL', gone);
      const [code] = await gone;
      if (asked && code !== 0) this.#report(round, `ended with ${code}: ${Buffer.concat(complaints)}`);
    } finally {
      server.kill('SIGKILL');
      api.close();
    }
    if (asked) this.#ends++;
    else this.#kills++;
    await this.#checkStore(store, round);
  }

  #report(round: number, what: string): void {
    this.#violations.push(`round ${round}: ${what}`);
  }

  async #checkState(api: Api, round: number): Promise<void> {
    const ask = async <T>(path: string): Promise<T> => JSON.parse((await api.ask('GET', path)).body) as T;
    const made = await ask<{ Names: string[] }[]>('/containers/json?all=1');
    const { Volumes: volumes } = await ask<{ Volumes: { Name: string }[] | null }>('/volumes');
    const networks = await ask<{ Name: string }[]>('/networks');
    const found = [
      ...made.map(({ Names }) => `container ${`${Names[0]}`.slice(1)}`),
      ...(volumes ?? []).map(({ Name }) => `volume ${Name}`),
      ...networks.map(({ Name }) => `network ${Name}`),
    ].map((name) => [name, present] as const);
    const values = new Map<string, string>(found);
    for (const name of containers) {
      const { status, body } = await api.ask('GET', `/containers/${name}/archive?path=/value`);
      if (status === 200) values.set(`file ${name}`, fileIn(body));
    }
    for (const wrong of this.#state.settle(values)) this.#report(round, wrong);
  }

  async #checkStore(folder: string, round: number): Promise<void> {
    this.#ledger.lose();
    this.#state.lose();
    const store = await openLayout(folder);
    try {
      const found = new Map(store.list().map(({ name, target }) => [name, target.digest]));
      for (const wrong of this.#ledger.settle(found)) this.#report(round, wrong);
      const { broken, absent, unusable } = await checkStore(store);
      // Of the image with two platforms only one is pulled: what its index names beside that is absent by right.
      const needed = absent.filter((digest) => !this.registry.blobs.has(digest));
      const wrong = [...needed, ...unusable, ...broken.map(({ digest }) => digest)];
      if (wrong.length > 0) this.#report(round, `absent, unusable or broken: ${wrong.join(', ')}`);
    } finally {
      await store.close();
    }
  }

  /** Several clients at once, until the server is killed in the midst of it, or asked to end and gone. */
  async #load(api: Api, server: ChildProcess, signal: NodeJS.Signals, gone: Promise<unknown>): Promise<void> {
    let ended = false;
    const client = async (random: Random): Promise<void> => {
      // Once it takes no connections any more nothing else makes a client wait.
      while (!ended) await this.#act(api, random).catch(() => sleep(1));
    };
    const all = Array.from({ length: clients }, () => client(this.random.fork()));
    const enough = this.outcome.acknowledged + this.random.below(mostActs);
    const end = performance.now() + longestLoad;
    const slow = this.random.once(4);
    while (this.outcome.acknowledged < enough && performance.now() < end) {
      if (slow) {
        server.kill('SIGSTOP');
        await sleep(stall);
        server.kill('SIGCONT');
      }
      await sleep(1);
    }
    await sleep(this.random.below(longestWhile));
    server.kill(signal);
    await gone;
    ended = true;
    await Promise.all(all);
  }

  async #act(api: Api, random: Random): Promise<void> {
    const image = random.pick(this.#images);
    const name = random.pick(names);
    const kind = random.below(16);
    if (kind < 3) return this.#do({ [image.full]: image.digest }, () => api.ask('POST', '/images/load', image.archive));
    if (kind < 5) {
      const path = `/images/${image.digest}/tag?repo=${name}-copy`;
      return this.#do({ [fullName(`${name}-copy`)]: image.digest }, () => api.ask('POST', path));
    }
    if (kind === 5) {
      const archive = filesArchive(`${random.below(5)}`);
      const path = '/images/create?fromSrc=-&repo=soak/import';
      return this.#do({ [fullName('soak/import')]: anything }, () => api.ask('POST', path, archive));
    }
    if (kind === 6) {
      const [from, digest] = random.pick([...this.#pulled]);
      const path = `/images/create?fromImage=${from}&tag=latest`;
      return this.#do({ [fullName(from)]: digest }, () => api.ask('POST', path));
    }
    if (kind === 7) return this.#do({}, () => api.ask('POST', '/images/prune'));
    if (kind < 10) {
      const gone = random.pick([name, `${name}-copy`, 'soak/import', ...this.#pulled.keys()]);
      return this.#do({ [fullName(gone)]: undefined }, () => api.ask('DELETE', `/images/${gone}?force=1`));
    }
    if (kind >= 12) return this.#actOnContainer(api, random);
    const [what, path] = random.pick(['volume /volumes', 'network /networks']).split(' ') as [string, string];
    const called = random.pick(['na', 'nb']);
    const value = random.once(2) ? present : undefined;
    const act = value === undefined ? ['DELETE', `${path}/${called}`] : ['POST', `${path}/create`];
    const request = value === undefined ? undefined : { Name: called };
    return this.#do(
      { [`${what} ${called}`]: value },
      () => api.ask(act[0] as string, act[1] as string, request),
      this.#state,
    );
  }

  #actOnContainer(api: Api, random: Random): Promise<void> {
    const name = random.pick(containers);
    const kind = random.below(5);
    if (kind === 0)
      return this.#do(
        { [`container ${name}`]: undefined, [`file ${name}`]: undefined },
        () => api.ask('DELETE', `/containers/${name}?force=1`),
        this.#state,
      );
    if (kind < 4) {
      const value = `value ${++this.#values}`;
      const put = () => api.ask('PUT', `/containers/${name}/archive?path=/`, fileArchive(value));
      return this.#do({ [`file ${name}`]: value }, put, this.#state);
    }
    const config = { Image: random.pick(names), Cmd: ['sleep', '1000'] };
    return this.#do(
      { [`container ${name}`]: present, [`file ${name}`]: undefined },
      async () => {
        const made = await api.ask('POST', `/containers/create?name=${name}`, config);
        if (made.status === 201 && random.once(2)) await api.ask('POST', `/containers/${name}/start`);
        return made;
      },
      this.#state,
    );
  }

  async #do(
    changes: Readonly<Record<string, Value>>,
    ask: () => Promise<Answer>,
    ledger = this.#ledger,
  ): Promise<void> {
    const entry = ledger.begin(changes);
    const { status, body } = await ask();
    if ([403, 404, 409].includes(status)) ledger.refused(entry);
    else if (status >= 400 || body.includes('"error"')) ledger.failed(entry);
    else ledger.done(entry, /sha256:[0-9a-f]{64}/.exec(body)?.[0]);
  }
}
