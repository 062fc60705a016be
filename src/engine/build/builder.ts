import type { RunConfig } from '../../oci/image-config.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { type CommitSource, commitLayer } from '../containers/commit.js';
import type { Container } from '../containers/container.js';
import type { Context } from '../context.js';
import { execForm } from '../dockerfile/command.js';
import { Draft } from '../dockerfile/draft.js';
import type { Change } from '../dockerfile/instructions.js';
import { type StepCache, stepKey } from './cache.js';
import type { StepContainers } from './containers.js';
import type { Copier } from './copy.js';
import type { BuildOptions } from './options.js';
import type { Output } from './output.js';
import { type StageState, shellOf } from './state.js';
import type { ArgumentStep, CopyStep, RunStep, Step } from './steps.js';

/** What all stages of a build share. */
export interface BuildTools {
  readonly context: Context;
  readonly output: Output;
  readonly options: Pick<BuildOptions, 'noCache' | 'remove' | 'forceRemove'>;
  readonly cache: StepCache;
  readonly containers: StepContainers;
  readonly copier: Copier;
  /** What makes the next character stand for itself. */
  readonly escapeChar: string;
  readonly signal: AbortSignal;
}

const internal = (message: string): AttestdError => new AttestdError('INTERNAL', message);

/** The refusal of what only BuildKit can do. */
function buildKit(flag: string): AttestdError {
  const where = 'Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled';
  return internal(`the --${flag} option requires BuildKit. ${where}`);
}

/** Does the steps of one stage (docs/reference/behavior/builder.md#the-classic-builder). */
export class StageBuilder {
  constructor(
    private readonly tools: BuildTools,
    readonly state: StageState,
  ) {}

  /**
   * Do a step; the containers that it took are removed as the options say.
   *
   * @throws whatever is wrong with it
   */
  async do(step: Step): Promise<void> {
    const { containers, options, signal } = this.tools;
    await yieldIfDue();
    if (signal.aborted) throw internal('Build cancelled');
    let done = false;
    try {
      await this.#dispatch(step);
      done = true;
    } finally {
      if (options.forceRemove || signal.aborted || (options.remove && done)) await containers.removeAll();
    }
  }

  async #dispatch(step: Step): Promise<void> {
    const { state } = this;
    switch (step.kind) {
      case 'configure':
        return this.#commit(this.#changed(step.change));
      case 'workdir':
        return this.#commit(this.#changed(step.change), { workdir: true });
      case 'healthcheck':
        return this.#healthcheck(step.change);
      case 'shell':
        state.config = { ...state.config, Shell: [...step.words] };
        return this.#commit(`SHELL [${step.words.join(' ')}]`);
      case 'maintainer':
        state.maintainer = step.maintainer;
        return this.#commit(`MAINTAINER ${step.maintainer}`);
      case 'argument':
        return this.#argument(step);
      case 'run':
        return this.#run(step);
      case 'copy':
        return this.#copy(step);
    }
  }

  #draft(): Draft {
    const { config, arguments: build, commandSet } = this.state;
    return new Draft(config, { variables: build.values(), escapeChar: this.tools.escapeChar, commandSet });
  }

  /** Change the configuration. @returns what the history tells of it */
  #changed(change: Change): string {
    const draft = this.#draft();
    const comment = change(draft);
    this.state.config = draft.finish();
    this.state.commandSet = draft.commandSet;
    return comment;
  }

  async #healthcheck(change: Change): Promise<void> {
    const { state, tools } = this;
    const before = state.config.Healthcheck?.Test ?? [];
    if (before.length > 0 && before[0] !== 'NONE')
      tools.output.print(`Note: overriding previous HEALTHCHECK: [${before.join(' ')}]\n`);
    await this.#commit(this.#changed(change));
  }

  async #argument({ pairs }: ArgumentStep): Promise<void> {
    const draft = this.#draft();
    const values = pairs.map(
      ([name, value]) => [draft.expand(name), value === undefined ? undefined : draft.expand(value)] as const,
    );
    for (const [name, value] of values) this.state.arguments.add(name, value);
    const told = values.map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
    await this.#commit(`ARG ${told.join(' ')}`);
  }

  async #run({ args, flags }: RunStep): Promise<void> {
    const { state, tools } = this;
    const [flag] = flags.names;
    if (flag !== undefined) throw buildKit(flag);
    const command = execForm(args) ?? [...shellOf(state.config), ...(args === '' ? [] : [args])];
    const environment = state.config.Env ?? [];
    const set = new Set(environment.map((variable) => variable.split('=', 1)[0]));
    const given = [...state.arguments.values()].filter(([name]) => !set.has(name));
    const traces = given.filter(([name]) => state.arguments.leavesTrace(name)).map((pair) => pair.join('='));
    const known = given.length === 0 ? command : [`|${traces.length}`, ...traces.sort(), ...command];
    const probe = withCommand(state.config, known, undefined);
    if (await this.#cached(probe)) return;
    const config: RunConfig = {
      ...withCommand(state.config, command, ['']),
      Env: [...environment, ...given.map((pair) => pair.join('='))],
      Healthcheck: { Test: ['NONE'] },
    };
    const container = await tools.containers.create(config, state.imageId);
    await tools.containers.run(container);
    await this.#keep(container, probe);
  }

  async #copy(step: CopyStep): Promise<void> {
    const { state, tools } = this;
    if (step.flags.text('chmod') !== '') throw buildKit('chmod');
    const draft = this.#draft();
    const chown = draft.expand(step.flags.text('chown'));
    const sources = step.sources.map((source) => draft.expand(source));
    const destination = draft.expand(step.destination);
    await tools.copier.copy({ ...step, sources, destination, chown }, state, async (hash, put) => {
      const what = `${step.name} ${chown === '' ? '' : `--chown=${chown} `}${hash} in ${destination} `;
      const probe = this.#noted(`#(nop) ${what}`);
      if (await this.#cached(probe)) return;
      const { imageId, manifest, platform } = state;
      const fileSystem = await put();
      try {
        await this.#keep({ imageId, manifest, platform, fileSystem }, probe);
      } finally {
        fileSystem.dispose();
      }
    });
  }

  /** The configuration with a comment as its command, by which a step that runs nothing is known. */
  #noted(...comment: readonly string[]): RunConfig {
    const { config } = this.state;
    return { ...config, Cmd: [...shellOf(config), ...comment] };
  }

  /** Make an image of a step that runs nothing. */
  async #commit(comment: string, { workdir = false } = {}): Promise<void> {
    const { state, tools } = this;
    const probe = workdir ? this.#noted(`#(nop) ${comment}`) : this.#noted('#(nop) ', comment);
    if (await this.#cached(probe)) return;
    const container = await tools.containers.create(probe, state.imageId);
    // What a check leaves open stays as the image before had it.
    const { Healthcheck: check } = container.config;
    if (check !== undefined && state.config.Healthcheck !== undefined)
      state.config = { ...state.config, Healthcheck: check };
    await this.#keep(container, probe);
  }

  async #cached(probe: RunConfig): Promise<boolean> {
    const { state, tools } = this;
    if (tools.options.noCache || state.cacheMissed) return false;
    const found = await tools.cache.find(state, probe);
    if (found === undefined) {
      state.cacheMissed = true;
      return false;
    }
    tools.output.print(' ---> Using cache\n');
    state.imageId = found.digest;
    state.manifest = found.manifest;
    return true;
  }

  async #keep(source: Container | CommitSource, probe: RunConfig): Promise<void> {
    const { state, tools } = this;
    const image = await commitLayer(tools.context, source, {
      author: state.maintainer,
      comment: '',
      config: state.config,
      createdBy: (probe.Cmd ?? []).join(' '),
      step: stepKey(probe, state),
    });
    state.imageId = image.digest;
    state.manifest = image;
  }
}

function withCommand(config: RunConfig, command: readonly string[], entrypoint: string[] | undefined): RunConfig {
  const changed: RunConfig = { ...config, Cmd: [...command] };
  // Nothing to run: then what the image runs is.
  if (command.length === 0) return changed;
  if (entrypoint === undefined) delete changed.Entrypoint;
  else changed.Entrypoint = entrypoint;
  return changed;
}
