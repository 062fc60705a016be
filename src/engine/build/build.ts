import type { Readable } from 'node:stream';
import { largestDocument } from '../../oci/manifest-cache.js';
import { parsePlatform } from '../../oci/platform.js';
import {
  familiarString,
  formatReference,
  type NamedReference,
  parseReference,
  tagNameOnly,
} from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { quote } from '../../support/go/quote.js';
import type { Context } from '../context.js';
import { expand } from '../dockerfile/expand.js';
import { resolveImage } from '../images/names.js';
import { nameImage } from '../images/tag.js';
import { type Emit, messagesOf } from '../registry/message-stream.js';
import { shortId } from '../registry/progress.js';
import type { StreamMessage } from '../types.js';
import { BuildArguments } from './arguments.js';
import { BaseImages } from './base.js';
import { type BuildTools, StageBuilder } from './builder.js';
import { StepCache } from './cache.js';
import { StepContainers } from './containers.js';
import { type BuildContext, contextOfArchive, usualDockerfile } from './context.js';
import { Copier } from './copy.js';
import { readLines } from './lines.js';
import type { BuildOptions } from './options.js';
import { failureMessage, HeldOutput, Output } from './output.js';
import { contextOfUrl } from './remote.js';
import { type BaseImage, beginStage, type StageState } from './state.js';
import { type ConfigureStep, type Plan, planOf, type Stage, triggerOf } from './steps.js';

const internal = (message: string): AttestdError => new AttestdError('INTERNAL', message);

/**
 * `POST /build` of the classic builder (docs/reference/behavior/builder.md#the-classic-builder).
 *
 * @param body the context as an archive, unless the options name a URL
 * @param outer the client has gone
 * @returns what the build says; what goes wrong before it says anything is thrown, and else the last that it says
 * @throws when read: INVALID_ARGUMENT for a Dockerfile that cannot be; INTERNAL for names, archives and paths that cannot be
 */
export function buildImage(
  context: Context,
  body: Readable,
  options: BuildOptions,
  outer?: AbortSignal,
): AsyncIterable<StreamMessage> {
  return messagesOf(async (emit, signal) => {
    const held = new HeldOutput();
    let said = false;
    const say: Emit = (message) => {
      said = true;
      return emit(message);
    };
    const output = new Output(options.quiet ? held.emit : say);
    try {
      const imageId = await build(context, body, options, output, signal);
      if (options.quiet) say({ stream: `${imageId}\n` });
    } catch (error) {
      for (const message of held.messages) say(message);
      if (!said) throw error;
      emit(failureMessage(error));
    }
  }, outer);
}

async function build(
  context: Context,
  body: Readable,
  options: BuildOptions,
  output: Output,
  signal: AbortSignal,
): Promise<string> {
  const names = namesOf(options.tags);
  const path = options.dockerfile || usualDockerfile;
  const source =
    options.remote === ''
      ? await contextOfArchive(context, body, path)
      : await contextOfUrl(context, options.remote, path, output.emit, signal);
  try {
    const state = await new Build(context, source, options, output, signal).run(path);
    output.print(`Successfully built ${shortId(state.imageId)}\n`);
    for (const name of names) {
      await nameImage(context, name, resolveImage(context.store, state.imageId).target);
      output.print(`Successfully tagged ${familiarString(name)}\n`);
    }
    return state.imageId;
  } finally {
    source.files?.dispose();
  }
}

function namesOf(tags: readonly string[]): readonly NamedReference[] {
  const names = new Map<string, NamedReference>();
  for (const tag of tags) {
    if (tag === '') continue;
    const name = parsed(tag);
    if (name.digest !== undefined) throw internal('build tag cannot contain a digest');
    names.set(formatReference(tagNameOnly(name)), tagNameOnly(name));
  }
  return [...names.values()];
}

function parsed(tag: string): NamedReference {
  try {
    return parseReference(tag);
  } catch (error) {
    throw new AttestdError('INTERNAL', (error as Error).message, { cause: error });
  }
}

/** What a stage came to. */
interface StageResult {
  readonly name: string;
  readonly state: StageState;
}

/** One build. */
class Build {
  readonly #stages: StageResult[] = [];
  readonly #bases: BaseImages;
  #arguments: BuildArguments;
  #escapeChar = '\\';
  #step = 0;
  #steps = 0;

  constructor(
    private readonly context: Context,
    private readonly source: BuildContext,
    private readonly options: BuildOptions,
    private readonly output: Output,
    readonly signal: AbortSignal,
  ) {
    this.#bases = new BaseImages(context, output, options, signal);
    this.#arguments = new BuildArguments(options.arguments);
  }

  /** @param path the Dockerfile's, for errors */
  async run(path: string): Promise<StageState> {
    const { output } = this;
    const { plan, gaps } = await this.#plan(path);
    const tools = this.#tools(plan.escapeChar);
    for (const gap of gaps) output.printError(`[WARNING]: Empty continuation line found in: ${gap}\n`);
    if (gaps.length > 0)
      output.printError('[WARNING]: Empty continuation lines will become errors in a future release.\n');
    this.#escapeChar = plan.escapeChar;
    this.#steps = plan.globals.length + plan.stages.reduce((sum, { steps }) => sum + 1 + steps.length, 0);
    for (const step of plan.globals) {
      await yieldIfDue();
      this.#tellStep(step.text);
      for (const [name, value] of step.pairs)
        this.#arguments.addGlobal(name, value === undefined ? undefined : this.#expanded(value));
    }
    for (const stage of plan.stages) await this.#stage(stage, tools);
    const last = this.#stages.at(-1)?.state;
    if (last === undefined || last.imageId === '') throw internal('No image was generated. Is your Dockerfile empty?');
    const unused = this.#arguments.unused();
    if (unused.length > 0) output.print(`[Warning] One or more build-args [${unused.join(' ')}] were not consumed\n`);
    return last;
  }

  async #plan(path: string): Promise<{ readonly plan: Plan; readonly gaps: readonly string[] }> {
    const { dockerfile, files } = this.source;
    const lines = await readLines(dockerfile).catch((error: Error) => {
      // One that came by itself has no path.
      const what = files === undefined ? '' : `failed to parse ${path}: `;
      throw new AttestdError('INVALID_ARGUMENT', what + error.message, { cause: error });
    });
    const { stages, ...plan } = planOf(lines);
    const wanted = this.#wanted(stages);
    const last = wanted.at(-1);
    for (const [name, value] of Object.entries(this.options.labels).sort(([a], [b]) => (a < b ? -1 : 1)))
      last?.steps.push(labelStep(name, value));
    return { plan: { ...plan, stages: wanted }, gaps: lines.gaps };
  }

  /** The stages up to the one that is asked for. */
  #wanted(stages: readonly Stage[]): readonly Stage[] {
    const { target } = this.options;
    if (target === '') return stages;
    const at = stages.findIndex(({ name }) => name === target.toLowerCase());
    if (at >= 0) return stages.slice(0, at + 1);
    throw new AttestdError('INVALID_ARGUMENT', `target stage ${quote(target)} could not be found`);
  }

  #tools(escapeChar: string): BuildTools {
    const { context, output, options, signal } = this;
    return {
      context,
      output,
      options,
      escapeChar,
      signal,
      cache: new StepCache(context, options.cacheFrom),
      containers: new StepContainers(context, output, options.host, signal),
      copier: new Copier(context, output, signal, this.source.files, (name) => this.#copiedFrom(name)),
    };
  }

  async #stage(stage: Stage, tools: BuildTools): Promise<void> {
    const { output } = this;
    if (stage.name !== '' && this.#named(stage.name) !== undefined)
      throw internal(`${stage.name} stage name already used`);
    this.#tellStep(stage.text);
    const base = await this.#base(stage);
    const own = this.#arguments.stage();
    const builder = new StageBuilder(tools, beginStage(base, own));
    const { state } = builder;
    await this.#triggers(builder);
    output.print(` ---> ${shortId(state.imageId)}\n`);
    for (const step of stage.steps) {
      this.#tellStep(step.text);
      await builder.do(step);
      output.print(` ---> ${shortId(state.imageId)}\n`);
    }
    output.result(state.imageId);
    this.#stages.push({ name: stage.name, state });
  }

  async #base(stage: Stage): Promise<BaseImage> {
    const name = this.#expanded(stage.base);
    const platform = stage.platform === '' ? this.options.platform : this.#platform(stage.platform);
    if (name === '') throw internal(`base name (${stage.base}) should not be blank`);
    const before = this.#named(name);
    if (before !== undefined) return this.#again(before, platform);
    return name === 'scratch' ? this.#bases.scratch(platform) : this.#bases.get(name, platform, false);
  }

  #platform(given: string): ReturnType<typeof parsePlatform> {
    const text = this.#expanded(given);
    try {
      return parsePlatform(text, this.context.host);
    } catch (error) {
      const why = (error as Error).message;
      throw new AttestdError('INVALID_ARGUMENT', `failed to parse platform ${text}: ${why}`, { cause: error });
    }
  }

  /** What the image's own ONBUILD says comes first. */
  async #triggers(builder: StageBuilder): Promise<void> {
    const { output } = this;
    const { OnBuild: triggers = [], ...config } = builder.state.config;
    if (triggers.length === 0) return;
    builder.state.config = config;
    output.print(`# Executing ${triggers.length} build trigger`);
    if (triggers.length > 1) output.print('s');
    output.print('\n');
    for (const trigger of triggers) await builder.do(triggerOf(trigger));
  }

  /** The image of a stage before, or any other. */
  async #copiedFrom(name: string): Promise<BaseImage> {
    const before = this.#named(name) ?? this.#numbered(name);
    return before === undefined ? this.#bases.get(name, this.options.platform, false) : this.#again(before, undefined);
  }

  #again({ state }: StageResult, platform: BuildOptions['platform']): Promise<BaseImage> {
    return this.#bases.get(state.imageId, platform ?? this.options.platform, true);
  }

  #named(name: string): StageResult | undefined {
    return this.#stages.find((stage) => stage.name !== '' && stage.name === name.toLowerCase());
  }

  #numbered(name: string): StageResult | undefined {
    if (!/^[+-]?\d+$/.test(name)) return undefined;
    const at = Number(name);
    if (at === this.#stages.length) throw internal('refers to current build stage');
    const stage = this.#stages[at];
    if (stage === undefined) throw internal('index out of bounds');
    return stage;
  }

  /** A text of FROM, or of ARG before it. */
  #expanded(text: string): string {
    const values = this.#arguments.globals();
    return expand(text, { lookup: (name) => values.get(name), limit: largestDocument, escapeChar: this.#escapeChar });
  }

  #tellStep(text: string): void {
    this.#step++;
    this.output.print(`Step ${this.#step}/${this.#steps} : ${text}`);
    this.output.print('\n');
  }
}

/** A label that the client wants, as it is. */
function labelStep(name: string, value: string): ConfigureStep {
  const text = `LABEL ${name}=${value}`;
  const change: ConfigureStep['change'] = ({ config }) => {
    config.Labels = { ...config.Labels, [name]: value };
    return text;
  };
  return { kind: 'configure', text, change };
}
