import { Duplex } from 'node:stream';
import type { Container } from '../../../src/engine/containers/container.js';
import { createContainer } from '../../../src/engine/containers/create/create.js';
import { readCreateRequest } from '../../../src/engine/containers/create/create-request.js';
import { startContainer } from '../../../src/engine/containers/run/start.js';
import type { Context } from '../../../src/engine/context.js';
import { ManualClock } from '../../../src/support/sandbox/clock.js';
import type {
  ExitStatus,
  InputSink,
  Process,
  ProcessInfo,
  ProcessModel,
  ProcessSpec,
  Sandbox,
  SandboxSpec,
  StartFailure,
  StartResult,
} from '../../../src/support/sandbox/types.js';
import { openEngine, type TestEngine } from '../support.js';

const sigkill = 9;

/** A process that does what a test tells it. */
export class ScriptedProcess implements Process {
  readonly credentials = { uid: 0, gid: 0, groups: [] };
  readonly signals: number[] = [];
  readonly sizes: string[] = [];
  readonly input: string[] = [];
  inputEnded = false;
  status: ExitStatus | undefined;
  /** What a write to standard input waits for. */
  reading: Promise<void> | undefined;
  /** Exit codes by the signals that end it. */
  readonly deadly = new Map([[sigkill, 137]]);
  readonly exit: Promise<ExitStatus>;
  #settle: (status: ExitStatus) => void = () => undefined;

  constructor(
    readonly spec: ProcessSpec,
    readonly pid: number,
    readonly containerPid: number,
  ) {
    this.exit = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get argv(): readonly string[] {
    return this.spec.argv;
  }

  readonly stdin: InputSink = {
    write: (bytes) => {
      this.input.push(Buffer.from(bytes).toString());
      return this.reading;
    },
    end: () => {
      this.inputEnded = true;
    },
  };

  print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void | Promise<void> {
    return this.spec[stream].write(Buffer.from(text));
  }

  end(code: number): void {
    if (this.status !== undefined) return;
    this.status = { code, oomKilled: false };
    this.#settle(this.status);
  }

  signal(signal: number): boolean {
    if (this.status !== undefined) return false;
    this.signals.push(signal);
    const code = this.deadly.get(signal);
    if (code !== undefined) this.end(code);
    return true;
  }

  resize({ height, width }: { readonly height: number; readonly width: number }): void {
    this.sizes.push(`${height}x${width}`);
  }
}

/** What the processes of a container share, of which a test decides all. */
export class ScriptedSandbox implements Sandbox {
  readonly started: ScriptedProcess[] = [];
  paused = false;
  used = { cpu: 0n, memory: 0, pids: 0 };

  constructor(
    readonly spec: SandboxSpec,
    private readonly model: ScriptedModel,
  ) {}

  start(spec: ProcessSpec): StartResult {
    const failure = this.model.refuse(spec);
    if (failure !== undefined) return { ok: false, failure };
    const process = new ScriptedProcess(spec, this.model.nextPid++, this.started.length + 1);
    this.started.push(process);
    this.model.begin(process);
    return { ok: true, process };
  }

  processes(): ProcessInfo[] {
    const living = this.started.filter(({ status }) => status === undefined);
    return living.map(({ pid, containerPid, spec }) => ({
      pid,
      containerPid,
      parent: 1,
      uid: 0,
      gid: 0,
      startedAt: this.spec.clock.now(),
      cpu: 0n,
      tty: spec.tty,
      name: spec.argv[0] ?? '',
      argv: spec.argv,
      state: 'sleeping',
    }));
  }

  killAll(signal: number): void {
    for (const process of this.started) process.signal(signal);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  connect(_port: number, _socket: Duplex): boolean {
    return false;
  }

  listening(): number[] {
    return [];
  }

  usage(): { cpu: bigint; memory: number; pids: number } {
    return this.used;
  }

  dispose(): void {
    this.killAll(sigkill);
  }
}

/** A process model whose processes do nothing by themselves. */
export class ScriptedModel implements ProcessModel {
  nextPid = 100;
  readonly sandboxes: ScriptedSandbox[] = [];
  /** Why a process does not start; every one starts without it. */
  refuse: (spec: ProcessSpec) => StartFailure | undefined = () => undefined;
  /** Called with each process as it starts. */
  begin: (process: ScriptedProcess) => void = () => undefined;

  createSandbox(spec: SandboxSpec): ScriptedSandbox {
    const sandbox = new ScriptedSandbox(spec, this);
    this.sandboxes.push(sandbox);
    return sandbox;
  }

  /** The process that was started last. */
  get last(): ScriptedProcess {
    const process = this.sandboxes.at(-1)?.started.at(-1);
    if (process === undefined) throw new Error('nothing was started');
    return process;
  }
}

/** A daemon whose time and processes are the test's. */
export interface ContainerEngine extends TestEngine {
  readonly clock: ManualClock;
  readonly model: ScriptedModel;
}

/** Open one. */
export async function openContainers(): Promise<ContainerEngine> {
  const clock = new ManualClock();
  const model = new ScriptedModel();
  const engine = await openEngine('standard', {
    time: clock,
    clock: () => new Date(clock.now()),
    processes: model,
  });
  return { ...engine, clock, model };
}

/** Create a container without an image, whose command is `program`. */
export async function create(context: Context, more: object = {}, name = ''): Promise<Container> {
  const body = { Cmd: ['program'], HostConfig: { NetworkMode: 'none' }, ...more };
  const parts = readCreateRequest(Buffer.from(JSON.stringify(body)), '1.55');
  return (await createContainer(context, parts, { name, platform: undefined })).container;
}

/** Create one and start it. */
export async function run(context: Context, more: object = {}, name = ''): Promise<Container> {
  const container = await create(context, more, name);
  await startContainer(context, container.id);
  return container;
}

/** Turns of the event loop in which everything that waits for nothing is done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Collect the events of containers from now on, as `action key=value …` without image, name and the exec's id. */
export function watchEvents(context: Context): readonly string[] {
  const seen: string[] = [];
  const collect = async (): Promise<void> => {
    for await (const { type, action, actor } of context.events.subscribe({})) {
      if (type !== 'container') continue;
      const own = Object.entries(actor.attributes).filter(([key]) => !['image', 'name', 'execID'].includes(key));
      seen.push([action, ...own.map(([key, value]) => `${key}=${value}`)].join(' '));
    }
  };
  void collect();
  return seen;
}

/** The two ends of a connection, of which either can be closed for itself, as a socket's. */
export function connect(): { readonly server: Duplex; readonly client: Duplex } {
  const [server, client] = duplexPair();
  server.on('error', () => undefined);
  client.on('error', () => undefined);
  return { server, client };
}

type Receiver = Duplex & { receive(bytes: Buffer, done: () => void): void };

/** Like node:stream's, which Node 20 does not have. */
function duplexPair(): [Duplex, Duplex] {
  const end = (other: () => Duplex): Duplex => {
    let resume: (() => void) | undefined;
    const side = new Duplex({
      read() {
        const act = resume;
        resume = undefined;
        act?.();
      },
      write(chunk: Buffer, _encoding, done) {
        (other() as Receiver).receive(chunk, done);
      },
      final(done) {
        other().push(null);
        done();
      },
      destroy(error, done) {
        setImmediate(() => other().destroy());
        done(error);
      },
    });
    return Object.assign(side, {
      receive(bytes: Buffer, done: () => void) {
        // A push may ask for more before it is done.
        resume = done;
        if (!side.push(bytes) || resume === undefined) return;
        resume = undefined;
        done();
      },
    });
  };
  const a = end(() => b);
  const b: Duplex = end(() => a);
  return [a, b];
}

/** All that a stream gives, as text, growing. */
export function received(stream: Duplex): { text: string; ended: boolean } {
  const all = { text: '', ended: false };
  stream.on('data', (piece: Buffer) => {
    all.text += piece.toString('latin1');
  });
  stream.on('end', () => {
    all.ended = true;
  });
  return all;
}
