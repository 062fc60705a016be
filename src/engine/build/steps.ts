import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { execForm } from '../dockerfile/command.js';
import { argumentsOf, atLeastOne, type Change, configuring, exactlyOne } from '../dockerfile/instructions.js';
import { type FlagKinds, type Flags, readFlags } from './flags.js';
import { type Line, type Lines, readLine } from './lines.js';
import { suggestion } from './suggest.js';

/** What a build does, one after the other. */
export type Step = ConfigureStep | HealthStep | ShellStep | MaintainerStep | ArgumentStep | RunStep | CopyStep;

interface Told {
  /** As it stands in the Dockerfile. */
  readonly text: string;
}

/** An instruction that changes what the image runs. */
export interface ConfigureStep extends Told {
  readonly kind: 'configure' | 'workdir';
  readonly change: Change;
}

interface HealthStep extends Told {
  readonly kind: 'healthcheck';
  readonly change: Change;
}

interface ShellStep extends Told {
  readonly kind: 'shell';
  readonly words: readonly string[];
}

interface MaintainerStep extends Told {
  readonly kind: 'maintainer';
  readonly maintainer: string;
}

/** ARG. */
export interface ArgumentStep extends Told {
  readonly kind: 'argument';
  readonly pairs: ReturnType<typeof argumentsOf>;
}

/** RUN. */
export interface RunStep extends Told {
  readonly kind: 'run';
  readonly args: string;
  readonly flags: Flags;
}

/** COPY or ADD. */
export interface CopyStep extends Told {
  readonly kind: 'copy';
  readonly name: 'COPY' | 'ADD';
  readonly flags: Flags;
  readonly sources: readonly string[];
  readonly destination: string;
}

/** FROM, and what follows it. */
export interface Stage {
  readonly text: string;
  readonly base: string;
  /** In small letters; empty for none. */
  readonly name: string;
  readonly platform: string;
  readonly steps: Step[];
}

/** A whole Dockerfile. */
export interface Plan {
  /** ARG before the first FROM. */
  readonly globals: readonly ArgumentStep[];
  readonly stages: readonly Stage[];
  readonly escapeChar: string;
}

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/**
 * Look at what all instructions say before any of them is done (docs/reference/behavior/builder.md#dockerfile-instructions).
 *
 * @throws INVALID_ARGUMENT with the number of the line
 */
export function planOf({ lines, escapeChar }: Lines): Plan {
  const globals: ArgumentStep[] = [];
  const stages: Stage[] = [];
  for (const line of lines) {
    const read = located(line, () => (line.name === 'from' ? stageOf(line) : stepOf(line)));
    const stage = stages.at(-1);
    if ('steps' in read) stages.push(read);
    else if (stage !== undefined) stage.steps.push({ ...read, text: line.text });
    else if (read.kind === 'argument') globals.push({ ...read, text: line.text });
    else throw bad('no build stage in current context');
  }
  return { globals, stages, escapeChar };
}

function located<T>({ number }: Line, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const what = `dockerfile parse error on line ${number}: ${error.message}`;
    throw new AttestdError(error.code, what, { cause: error });
  }
}

function stageOf(line: Line): Stage {
  const words = line.args === '' ? [] : line.args.split(/\s+/);
  const [base = '', as = '', given = ''] = words;
  if (words.length !== 1 && !(words.length === 3 && as.toLowerCase() === 'as'))
    throw bad('FROM requires either one or three arguments');
  const name = given.toLowerCase();
  if (words.length === 3 && !/^[a-z][a-z0-9-_.]*$/.test(name)) {
    const why = "name can't start with a number or contain symbols";
    throw bad(`invalid name for build stage: ${quote(given)}, ${why}`);
  }
  const flags = readFlags(line.flags, { platform: 'text' });
  return { text: line.text, base, name, platform: flags.text('platform'), steps: [] };
}

/**
 * One trigger of ONBUILD.
 *
 * @throws INVALID_ARGUMENT for what is no instruction
 */
export function triggerOf(text: string): Step {
  return stepOf(readLine(text.trim(), 1));
}

function stepOf(line: Line): Step {
  const { name, args, text, flags } = line;
  switch (name) {
    case 'run':
      // What it may be told is only looked at when it is done.
      return { kind: 'run', text, args, flags: readFlags(flags, runFlags) };
    case 'copy':
    case 'add':
      return copyOf(line, name === 'copy' ? 'COPY' : 'ADD');
    case 'healthcheck':
      return { kind: 'healthcheck', text, change: configuring.healthcheck?.([...flags, args].join(' ')) as Change };
  }
  const read = Object.hasOwn(configuring, name) ? configuring[name] : undefined;
  if (read === undefined && !others.has(name)) {
    const known = [...Object.keys(configuring), ...others, 'add', 'copy', 'from', 'run'];
    const given = text.slice(0, name.length);
    throw bad(`unknown instruction: ${given}${suggestion(given, known.sort())}`);
  }
  readFlags(flags, {});
  switch (name) {
    case 'arg':
      return { kind: 'argument', text, pairs: argumentsOf(args) };
    case 'maintainer':
      return { kind: 'maintainer', text, maintainer: exactlyOne('MAINTAINER', args) };
    case 'shell':
      return { kind: 'shell', text, words: shellOf(args) };
  }
  const change = (read as (args: string) => Change)(args);
  return { kind: name === 'workdir' ? name : 'configure', text, change };
}

const others: ReadonlySet<string> = new Set(['arg', 'maintainer', 'shell']);
const runFlags = { mount: 'list', network: 'text', security: 'text', device: 'list' } as const;
const placeFlags = { chmod: 'text', chown: 'text', link: 'flag', exclude: 'list' } as const;
const copyFlags: FlagKinds = { from: 'text', parents: 'flag', ...placeFlags };
const addFlags: FlagKinds = { checksum: 'text', 'keep-git-dir': 'flag', unpack: 'flag', ...placeFlags };

function copyOf({ text, args, flags }: Line, name: 'COPY' | 'ADD'): Step {
  const words = execForm(args) ?? (args === '' ? [] : args.split(/\s+/));
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2) {
    const why = 'but only one was provided. Destination could not be determined';
    throw bad(`${name} requires at least two arguments, ${why}`);
  }
  const read = readFlags(flags, name === 'COPY' ? copyFlags : addFlags);
  // A here-document is no file of the context, and there are no others.
  const sources = words.slice(0, -1).filter((word) => !word.startsWith('<<'));
  return { kind: 'copy', text, name, flags: read, sources, destination };
}

function shellOf(args: string): readonly string[] {
  const words = execForm(atLeastOne('SHELL', args));
  if (words === undefined) throw bad('SHELL requires the arguments to be in JSON form');
  if (words.length === 0) throw bad('SHELL requires at least one argument');
  return words;
}
