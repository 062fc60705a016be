import { AdaptiveTimeout } from '../adaptive-timeout.js';
import type { Answer, Api, Call } from '../api.js';
import { type Shape, Unmet } from '../expect.js';
import { runLabel } from '../images/kit.js';
import type { RecipeName } from '../images/recipes.js';
import type { CheckContext } from '../requirement.js';
import { pause } from '../requirements/common.js';
import { follow, hijack, type Stream, type Takeover } from './stream.js';

/** A container, network or volume of the suite. */
export interface Made {
  readonly id: string;
  readonly name: string;
}

/** A container that has ended. */
export interface Ended extends Made {
  readonly code: number;
}

/** Configuration of a container; what it leaves open is the suite's default. */
export interface Spec {
  readonly HostConfig?: Readonly<Record<string, unknown>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

type Query = NonNullable<Call['query']>;

interface Shared {
  count: number;
  readonly containers: Map<string, Promise<Made>>;
}

/** Configuration of a network. */
export interface NetworkSpec {
  readonly Labels?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/** Members of a configuration that are not what a check is about. */
const plain: ReadonlySet<string> = new Set(['Cmd', 'Labels', 'Tty', 'OpenStdin', 'StdinOnce']);

/** State that the checks of one run share, keyed by the run's API. */
const runs = new WeakMap<Api, Shared>();

/** Path of a container, or of something below it. */
export const at = (id: string, rest = ''): string => `/containers/${id}${rest}`;

/** Creates containers with the run's label for one check, and removes them afterwards. */
export class Dock {
  readonly t: CheckContext;
  readonly #shared: Shared;
  readonly #removals: { readonly path: string; readonly query: Query }[] = [];
  readonly #streams: Stream[] = [];

  constructor(t: CheckContext) {
    this.t = t;
    const known = runs.get(t.api) ?? { count: 0, containers: new Map() };
    runs.set(t.api, known);
    this.#shared = known;
  }

  get api(): Api {
    return this.t.api;
  }

  /** Name of the run, the value of its label. */
  get run(): string {
    return this.t.mark();
  }

  /** Name of an image of the suite. */
  image(recipe: RecipeName = 'program'): string {
    return this.t.image(recipe).name;
  }

  /** The label that identifies objects of the run. */
  get labels(): Readonly<Record<string, string>> {
    return { [runLabel]: this.run };
  }

  /** A name that nothing else has. */
  unique(what = 'c'): string {
    this.#shared.count += 1;
    return `${this.run}-${what}${this.#shared.count}`;
  }

  /** Have something removed when the check is over. */
  own(path: string, query: Query = {}): void {
    this.#removals.push({ path, query });
  }

  /** The body of a request to create a container. */
  body(spec: Spec = {}): string {
    const { HostConfig, Labels, ...rest } = spec;
    return JSON.stringify({
      Image: this.image(),
      Cmd: ['sleep', '86400'],
      ...rest,
      Labels: { ...this.labels, ...Labels },
      HostConfig: { NetworkMode: 'none', ...HostConfig },
    });
  }

  /** Send JSON. */
  post(path: string, body: unknown, call: Call = {}): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.api.post(path, {
      ...call,
      body: text,
      headers: { 'Content-Type': 'application/json', ...call.headers },
    });
  }

  /** Sends a create request and returns the answer, for any status. */
  async attempt(spec: Spec = {}, query: Query = {}): Promise<Answer> {
    const answer = await this.post('/containers/create', this.body(spec), { query });
    if (answer.exchange.status === 201) this.own(at(answer.json().at('Id').string()), { force: '1', v: '1' });
    return answer;
  }

  /**
   * Create a container.
   *
   * @throws Blocked when a plain one is not created, Unmet when one is not whose configuration is looked at
   */
  create(spec: Spec = {}, query: Query = {}): Promise<Made> {
    return this.#given('ContainerCreate.answer', spec, async () => {
      const name = typeof query.name === 'string' ? query.name : this.unique();
      const answer = (await this.attempt(spec, { ...query, name })).status(201);
      return { id: answer.json().at('Id').string(), name };
    });
  }

  /** @throws Blocked when a plain container does not start, Unmet for another one */
  async start(id: string, spec: Spec = {}): Promise<void> {
    await this.#given('ContainerStart.runs', spec, async () => (await this.api.post(at(id, '/start'))).status(204));
  }

  /** A failure is blamed on the requirement of plain containers, unless the check is about more. */
  #given<T>(by: string, spec: Spec | NetworkSpec, act: () => Promise<T>): Promise<T> {
    return Object.keys(spec).every((member) => plain.has(member)) ? this.t.given(by, act) : act();
  }

  /** A container that runs. @throws Blocked, Unmet */
  async running(spec: Spec = {}): Promise<Made> {
    const made = await this.create(spec);
    await this.start(made.id, spec);
    return made;
  }

  /** Wait for a container's end. @returns its exit code */
  wait(id: string): Promise<number> {
    return this.t.given('ContainerWait.exit-code', async () =>
      (await this.api.post(at(id, '/wait'))).status(200).json().at('StatusCode').number(),
    );
  }

  /** A container that ran to its end. @throws Unmet */
  async ran(command: readonly string[], spec: Spec = {}): Promise<Ended> {
    const made = await this.running({ Cmd: command, ...spec });
    return { ...made, code: await this.wait(made.id) };
  }

  /** Runs a container to its end and returns its standard output. */
  async printed(command: readonly string[], spec: Spec = {}): Promise<string> {
    const { id } = await this.ran(command, { Tty: true, ...spec });
    const answer = await this.api.get(at(id, '/logs'), { query: { stdout: '1' } });
    return answer.status(200).text.replaceAll('\r\n', '\n');
  }

  /**
   * Waits until a running container has written a text to its standard output.
   * @throws Unmet if it ends first
   */
  async says(id: string, text: string): Promise<void> {
    await (await this.follow('GET', at(id, '/logs'), { stdout: '1', follow: '1' })).untilText(text);
  }

  /** A container that sleeps, shared between checks: read only. */
  sleeper(): Promise<Made> {
    return this.#once('sleeper', {}, (made) => this.start(made.id));
  }

  /** A container that was never started, shared between checks: read only. */
  fresh(): Promise<Made> {
    return this.#once('fresh', {}, async () => undefined);
  }

  /** A container that wrote two lines and one to its standard error and ended with 3, shared between checks: read only. */
  spoken(): Promise<Made> {
    const Cmd = ['sh', '-c', 'echo one; sleep 0.05; echo bad >&2; sleep 0.05; echo two; exit 3'];
    return this.#once('spoken', { Cmd }, async (made) => {
      await this.start(made.id);
      await this.wait(made.id);
    });
  }

  #once(kind: string, spec: Spec, prepare: (made: Made) => Promise<void>): Promise<Made> {
    const known = this.#shared.containers.get(kind);
    if (known) return known;
    const making = (async (): Promise<Made> => {
      const name = this.unique(kind);
      const made = await this.t.given('ContainerCreate.answer', async () => {
        const answer = (await this.post('/containers/create', this.body(spec), { query: { name } })).status(201);
        return { id: answer.json().at('Id').string(), name };
      });
      await prepare(made);
      return made;
    })();
    this.#shared.containers.set(kind, making);
    // The next check tries again: one start that took too long is not the fault of all.
    making.catch(() => this.#shared.containers.delete(kind));
    return making;
  }

  /** @throws Unmet when the container is not there */
  async inspect(id: string, query: Query = {}): Promise<Shape> {
    return (await this.api.get(at(id, '/json'), { query })).status(200).mediaType('application/json').json();
  }

  /** Wait for a member of a container to have a value. @throws Unmet when it never has */
  async until(id: string, path: readonly string[], value: unknown): Promise<Shape> {
    const patience = new AdaptiveTimeout(this.api.wire.connection, path.join('.'), 30_000);
    for (;;) {
      const found = await this.inspect(id);
      const member = found.at(...path);
      if (member.value === value) return found;
      if (patience.over) throw new Unmet(member.place, String(value), String(member.value));
      await pause(20);
    }
  }

  /** Take a connection over. */
  async hijack(path: string, call: Takeover = {}): Promise<Stream> {
    return this.#keep(await hijack(this.api, path, call));
  }

  /** Ask for an answer that goes on. */
  async follow(method: string, path: string, query: Query = {}): Promise<Stream> {
    return this.#keep(await follow(this.api, method, path, { query }));
  }

  #keep(stream: Stream): Stream {
    this.#streams.push(stream);
    return stream;
  }

  /** Create an exec. @throws Unmet */
  async exec(id: string, command: readonly string[], more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const spec = { AttachStdout: true, AttachStderr: true, Cmd: command, ...more };
    return this.t.given('ContainerExec.created', async () =>
      (await this.post(at(id, '/exec'), spec)).status(201).json().at('Id').string(),
    );
  }

  /** Start an exec on a connection of its own. */
  startExec(id: string, body: Readonly<Record<string, unknown>> = {}, call: Takeover = {}): Promise<Stream> {
    return this.hijack(`/exec/${id}/start`, { ...call, body: JSON.stringify(body) });
  }

  /** Create a network. @throws Blocked for a plain one, Unmet for another */
  network(spec: NetworkSpec = {}, name = this.unique('n')): Promise<Made> {
    return this.#given('NetworkCreate.created', spec, async () => {
      const body = { Name: name, Driver: 'bridge', ...spec, Labels: { ...this.labels, ...spec.Labels } };
      const answer = (await this.post('/networks/create', body)).status(201);
      const id = answer.json().at('Id').string();
      this.own(`/networks/${id}`);
      return { id, name };
    });
  }

  /** Create a volume. @throws Blocked */
  volume(spec: Pick<Spec, 'Labels'> = {}, name = this.unique('v')): Promise<string> {
    return this.t.given('VolumeCreate.created', async () => {
      (await this.post('/volumes/create', { Name: name, Labels: { ...this.labels, ...spec.Labels } })).status(201);
      this.own(`/volumes/${name}`, { force: '1' });
      return name;
    });
  }

  /** Close the check's streams and remove what it made; what stays is found by the run's label. */
  async clean(): Promise<void> {
    for (const stream of this.#streams) stream.close();
    // Containers were made after what they use.
    for (const { path, query } of this.#removals.reverse()) {
      try {
        // Podman gives what it removes by force ten seconds to end by itself.
        if (this.t.daemon.product === 'Podman' && path.startsWith('/containers/')) await this.api.post(`${path}/kill`);
        await this.api.delete(path, { query });
      } catch (error) {
        if (!(error instanceof Unmet) && !this.api.wire.signal?.aborted) throw error;
      }
    }
  }
}
