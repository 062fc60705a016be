import { posix } from 'node:path';
import { AttestdError } from '../../errors.js';
import type { RunConfig } from '../../oci/image-config.js';
import { largestDocument } from '../../oci/manifest-cache.js';
import { commandOf, execForm } from './command.js';
import { healthcheck } from './healthcheck.js';
import { PortSet } from './ports.js';
import { expand, pairsOf, unquote, wordsOf } from './words.js';

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/** A configuration in the making. */
class Draft {
  readonly config: RunConfig;
  readonly ports = new PortSet();
  /** Values of the environment by their names, for expansion. */
  readonly environment = new Map<string, string>();
  /** Bytes that the instructions have come to. */
  private size = 0;

  /** @param base what it begins with; stays as it is */
  constructor({ Env: variables = [], ExposedPorts: ports = {}, Labels: labels, ...rest }: RunConfig) {
    this.config = { ...rest, ...(labels && { Labels: { ...labels } }) };
    for (const variable of variables) {
      const at = variable.indexOf('=');
      this.environment.set(at < 0 ? variable : variable.slice(0, at), at < 0 ? '' : variable.slice(at + 1));
    }
    for (const port of Object.keys(ports)) this.ports.add(port);
  }

  /** A text with its variables replaced. @throws INVALID_ARGUMENT when the configuration grows beyond what is read */
  expand(text: string): string {
    const expanded = expand(text, this.environment, largestDocument - this.size);
    this.size += expanded.length;
    return expanded;
  }

  finish(): RunConfig {
    const { config, environment } = this;
    if (environment.size > 0) config.Env = [...environment].map(([name, value]) => `${name}=${value}`);
    const ports = this.ports.list();
    if (ports.length > 0) config.ExposedPorts = Object.fromEntries(ports.map((port) => [port, {}]));
    return config;
  }
}

/** Changes a draft by the arguments of one instruction. */
type Change = (draft: Draft, args: string) => void;

/**
 * A configuration from Dockerfile instructions, as `changes` of an import gives them.
 *
 * @param changes each one or more lines: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER,
 *   VOLUME or WORKDIR
 * @param base what is changed; it stays as it is
 * @throws INVALID_ARGUMENT with dockerd's text
 */
export function applyChanges(changes: readonly string[], base: RunConfig = {}): RunConfig {
  const lines = changes
    .join('\n')
    .replace(/\\[ \t]*\n/g, '')
    .split('\n');
  const parsed = lines.flatMap((line) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    const [word = ''] = /^\S+/.exec(text) ?? [];
    const name = word.toLowerCase();
    if (!Object.hasOwn(instructions, name)) throw bad(`${word.toUpperCase()} is not a valid change command`);
    return [{ change: instructions[name] as Change, args: text.slice(word.length).trim() }];
  });
  if (changes.length > 0 && parsed.length === 0) throw bad('file with no instructions');
  const draft = new Draft(base);
  for (const { change, args } of parsed) change(draft, args);
  return draft.finish();
}

function exactlyOne(name: string, args: string): string {
  if (args === '') throw bad(`${name} requires exactly one argument`);
  return args;
}

function atLeastOne(name: string, args: string): string {
  if (args === '') throw bad(`${name} requires at least one argument`);
  return args;
}

const instructions: Readonly<Record<string, Change>> = {
  cmd: ({ config }, args) => {
    config.Cmd = commandOf(args);
  },
  entrypoint: ({ config }, args) => {
    config.Entrypoint = commandOf(args);
  },
  env: (draft, args) => {
    // All of an instruction see the environment before it.
    const pairs = pairsOf('ENV', atLeastOne('ENV', args)).map(([key, value]) => [unquote(key), draft.expand(value)]);
    for (const [name = '', value = ''] of pairs) draft.environment.set(name, value);
  },
  expose: (draft, args) => {
    for (const word of wordsOf(atLeastOne('EXPOSE', args))) draft.ports.add(draft.expand(word));
  },
  healthcheck: ({ config }, args) => {
    config.Healthcheck = healthcheck(atLeastOne('HEALTHCHECK', args));
  },
  label: (draft, args) => {
    draft.config.Labels ??= {};
    for (const [key, value] of pairsOf('LABEL', atLeastOne('LABEL', args)))
      setOwn(draft.config.Labels, draft.expand(key), draft.expand(value));
  },
  onbuild: ({ config }, args) => {
    const [trigger = ''] = /^\S+/.exec(atLeastOne('ONBUILD', args)) ?? [];
    if (trigger.toUpperCase() === 'ONBUILD') throw bad("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (['MAINTAINER', 'FROM'].includes(trigger.toUpperCase())) {
      throw bad(`${trigger.toUpperCase()} isn't allowed as an ONBUILD trigger`);
    }
    config.OnBuild ??= [];
    config.OnBuild.push(args);
  },
  stopsignal: (draft, args) => {
    const signal = draft.expand(exactlyOne('STOPSIGNAL', args));
    if (!/^(?:\d+|(?:SIG)?[A-Z][A-Z0-9+-]*)$/.test(signal)) throw bad(`invalid signal: ${signal}`);
    draft.config.StopSignal = signal;
  },
  user: (draft, args) => {
    draft.config.User = draft.expand(exactlyOne('USER', args));
  },
  volume: (draft, args) => {
    draft.config.Volumes ??= {};
    for (const word of execForm(atLeastOne('VOLUME', args)) ?? wordsOf(args)) {
      const volume = draft.expand(word).trim();
      if (volume === '') throw bad('VOLUME specified can not be an empty string');
      setOwn(draft.config.Volumes, volume, {});
    }
  },
  workdir: (draft, args) => {
    const folder = draft.expand(exactlyOne('WORKDIR', args));
    draft.config.WorkingDir = posix.resolve('/', draft.config.WorkingDir ?? '', folder);
  },
};

/** Set an own property, `__proto__` included. */
function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
