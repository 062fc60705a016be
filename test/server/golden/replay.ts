import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningServer, startServer } from '../../../src/server/index.js';
import { account, readDeviations } from '../../../src/spec/deviations.js';
import { judge } from '../../../src/spec/recordings.js';
import { parseAnswer, type RawAnswer, exchange as transfer } from '../support.js';
import { differences } from './compare.js';
import { type Exchange, label, readImage, readRecording } from './recording.js';

/** A reference server over a store of its own. */
export interface Target {
  /** Path of its socket. */
  readonly socket: string;
  readonly store: string;
  /** Send a request with the bytes of its path as they are. */
  send(method: string, path: string, headers?: Readonly<Record<string, string>>, body?: Buffer): Promise<RawAnswer>;
  /** Load an archive of the golden images. */
  load(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Exchanges that cannot be equal, by their places in the recording. */
export interface Account {
  readonly at: readonly number[];
  /** Why not. */
  readonly reason: string;
}

/** A recording and how to replay it. */
export interface Replay {
  readonly recording: string;
  /** `standard` without it; on the experimental channel, what the proposal adds is left out of the comparison. */
  readonly channel?: 'standard' | 'experimental';
  /** Archives to load first, in order. */
  readonly images?: readonly string[];
  /** Brings the server into the recording's starting state, after the archives. */
  readonly setup?: (target: Target) => Promise<void>;
  /** The body to send; without it, the fixture's archive for a load and nothing else. */
  readonly body?: (exchange: Exchange, at: number) => Buffer | undefined;
  /** Acts on the server before an exchange. */
  readonly before?: (exchange: Exchange, at: number, target: Target) => Promise<void>;
  /** Compare lists on the images that the store holds only. */
  readonly heldOnly?: boolean;
  readonly accounts?: readonly Account[];
  /** Exchanges that are not sent here, because another test replays them. */
  readonly elsewhere?: readonly Account[];
  /** A last test, on the state that the exchanges left. */
  readonly finally?: { readonly title: string; readonly check: () => Promise<void> };
  /** What exchanges have in common that are one test; without it, method and path. Only neighbours are grouped. */
  readonly group?: (exchange: Exchange, at: number) => string;
}

/** Start a server as the recordings' daemon was. */
export async function startTarget(channel: 'standard' | 'experimental'): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'attestd-golden-'));
  const store = join(folder, 'store');
  const server: RunningServer = await startServer({ store, channel, platform: 'linux/amd64' });
  const socket = (server.hosts[0] as string).slice('unix://'.length);
  const send: Target['send'] = async (method, path, headers = {}, body = Buffer.alloc(0)) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = body.length > 0 || method === 'POST' ? `Content-Length: ${body.length}\r\n` : '';
    const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}${length}Connection: close\r\n\r\n`;
    return parseAnswer(await transfer(socket, head, body));
  };
  return {
    socket,
    store,
    send,
    load: async (name) => {
      const answer = await send('POST', '/images/load', {}, readImage(name));
      expect(answer.status, `loading ${name}`).to.equal(200);
    },
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const deviations = readDeviations();

/** What the description says against an answer, known deviations of dockerd left out. */
function violations({ request }: Exchange, answer: RawAnswer, name: string): string[] {
  // What the router itself answers is no operation's answer.
  if (answer.headers['api-version'] === undefined) return [];
  const contentType = answer.headers['content-type'] ?? '';
  const exchange = {
    name,
    method: request.method,
    path: request.path,
    status: answer.status,
    contentType,
    body: /json/.test(contentType) ? answer.body.toString() : '',
    truncated: contentType === 'application/x-tar',
  };
  const { unaccounted } = account([judge(exchange, ['1.40', '1.55'])], deviations);
  return unaccounted.map((one) => `${one.operationId} at '${one.pointer}', against the description: ${one.message}`);
}

async function idsOf(target: Target): Promise<ReadonlySet<string>> {
  const answer = await target.send('GET', '/images/json?all=1');
  return new Set((JSON.parse(answer.body.toString()) as { Id: string }[]).map(({ Id }) => Id));
}

/**
 * Declare the tests that replay a recording against a server of its own, in order. Each exchange is equal to the
 * recorded one, or accounted for; one that is accounted for and equal all the same fails, so that accounts stay true.
 */
export function replay(plan: Replay): void {
  const exchanges = readRecording(plan.recording);
  const accounted = byPlace(plan.accounts);
  const elsewhere = byPlace(plan.elsewhere);
  describe(`replaying ${plan.recording}${plan.channel ? ` on the ${plan.channel} channel` : ''}`, () => {
    let target: Target;
    let held: ReadonlySet<string> | undefined;
    before(async function () {
      this.timeout(120_000);
      target = await startTarget(plan.channel ?? 'standard');
      for (const name of plan.images ?? []) await target.load(name);
      await plan.setup?.(target);
      held = plan.heldOnly ? await idsOf(target) : undefined;
    });
    after(() => target?.close());

    const run = async (exchange: Exchange, at: number): Promise<string[]> => {
      const { method, path, headers } = exchange.request;
      await plan.before?.(exchange, at, target);
      const body = plan.body?.(exchange, at) ?? archiveOf(exchange);
      const answer = await target.send(method, path, headers, body);
      const found = await differences(exchange, answer, {
        ...(held && { held }),
        withoutStatements: plan.channel === 'experimental',
      });
      const reason = accounted.get(at);
      const faults = violations(exchange, answer, label(exchange, at));
      if (reason === undefined) return [...found, ...faults];
      return found.length > 0 ? faults : [`is equal, although accounted for: ${reason}`];
    };

    for (const group of groups(exchanges, plan.group)) {
      group.places = group.places.filter((at) => !elsewhere.has(at));
      if (group.places.length === 0) continue;
      it(group.title, async function () {
        this.timeout(120_000);
        const reasons: string[] = [];
        for (const at of group.places) {
          const exchange = exchanges[at] as Exchange;
          for (const reason of await run(exchange, at)) reasons.push(`${label(exchange, at)}: ${reason}`);
        }
        expect(reasons.join('\n')).to.equal('');
      });
    }
    if (plan.finally) it(plan.finally.title, plan.finally.check);
  });
}

function byPlace(accounts: readonly Account[] = []): ReadonlyMap<number, string> {
  return new Map(accounts.flatMap(({ at, reason }) => at.map((place) => [place, reason] as const)));
}

function archiveOf(exchange: Exchange): Buffer | undefined {
  const load = exchange.request.method === 'POST' && exchange.request.path.startsWith('/images/load');
  return load && exchange.fixture ? readImage(exchange.fixture) : undefined;
}

function groups(exchanges: readonly Exchange[], key: Replay['group']): { title: string; places: number[] }[] {
  const found: { title: string; places: number[] }[] = [];
  for (const [at, exchange] of exchanges.entries()) {
    const title = key?.(exchange, at) ?? `${exchange.request.method} ${exchange.request.path.split('?')[0]}`;
    const last = found.at(-1);
    if (last?.title === title) last.places.push(at);
    else found.push({ title, places: [at] });
  }
  return found;
}
