import { posix } from 'node:path';
import { AttestdError } from '../../errors.js';
import type { RunConfig } from '../../oci/image-config.js';
import { commandOf, execForm } from './command.js';
import { healthcheck } from './healthcheck.js';
import { expand, pairsOf, unquote, wordsOf } from './words.js';

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/** Changes a configuration by the arguments of one instruction. */
type Change = (config: RunConfig, args: string, environment: Readonly<Record<string, string>>) => void;

/**
 * A configuration from Dockerfile instructions, as `changes` of an import gives them.
 *
 * @param changes each one or more lines: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER,
 *   VOLUME or WORKDIR
 * @throws INVALID_ARGUMENT with dockerd's text
 */
export function applyChanges(changes: readonly string[]): RunConfig {
  const config: RunConfig = {};
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
  for (const { change, args } of parsed) change(config, args, environmentOf(config));
  return config;
}

function environmentOf({ Env = [] }: RunConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
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
  cmd: (config, args) => {
    config.Cmd = commandOf(args);
  },
  entrypoint: (config, args) => {
    config.Entrypoint = commandOf(args);
  },
  env: (config, args, environment) => {
    for (const [key, value] of pairsOf('ENV', atLeastOne('ENV', args))) {
      const name = unquote(key);
      const entry = `${name}=${expand(value, environment)}`;
      const known = config.Env ?? [];
      const at = known.findIndex((other) => other.split('=', 1)[0] === name);
      config.Env = at < 0 ? [...known, entry] : known.with(at, entry);
    }
  },
  expose: (config, args, environment) => {
    const ports = wordsOf(atLeastOne('EXPOSE', args)).flatMap((word) => portsOf(expand(word, environment)));
    config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
  },
  healthcheck: (config, args) => {
    config.Healthcheck = healthcheck(atLeastOne('HEALTHCHECK', args));
  },
  label: (config, args, environment) => {
    for (const [key, value] of pairsOf('LABEL', atLeastOne('LABEL', args))) {
      config.Labels = { ...config.Labels, [expand(key, environment)]: expand(value, environment) };
    }
  },
  onbuild: (config, args) => {
    const [trigger = ''] = /^\S+/.exec(exactlyOne('ONBUILD', args)) ?? [];
    if (trigger.toUpperCase() === 'ONBUILD') throw bad("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (['MAINTAINER', 'FROM'].includes(trigger.toUpperCase())) {
      throw bad(`${trigger.toUpperCase()} isn't allowed as an ONBUILD trigger`);
    }
    config.OnBuild = [...(config.OnBuild ?? []), args];
  },
  stopsignal: (config, args, environment) => {
    const signal = expand(exactlyOne('STOPSIGNAL', args), environment);
    if (!/^(?:\d+|(?:SIG)?[A-Z][A-Z0-9+-]*)$/.test(signal)) throw bad(`invalid signal: ${signal}`);
    config.StopSignal = signal;
  },
  user: (config, args, environment) => {
    config.User = expand(exactlyOne('USER', args), environment);
  },
  volume: (config, args, environment) => {
    const volumes = (execForm(atLeastOne('VOLUME', args)) ?? wordsOf(args)).map((word) =>
      expand(word, environment).trim(),
    );
    if (volumes.includes('')) throw bad('VOLUME specified can not be an empty string');
    config.Volumes = { ...config.Volumes, ...Object.fromEntries(volumes.map((volume) => [volume, {}])) };
  },
  workdir: (config, args, environment) => {
    const folder = expand(exactlyOne('WORKDIR', args), environment);
    config.WorkingDir = posix.resolve('/', config.WorkingDir ?? '', folder);
  },
};

/** `80`, `81/udp`, `8000-8002`, with the protocol tcp by default. */
function portsOf(text: string): readonly string[] {
  const [range = '', protocol = 'tcp'] = text.split('/');
  const match = /^(\d+)(?:-(\d+))?$/.exec(range);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first > last || last > 65_535) throw bad(`invalid containerPort: ${text}`);
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) throw bad(`invalid proto: ${protocol}`);
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol.toLowerCase()}`);
}
