import { posix } from 'node:path';
import type { Healthcheck } from '../../oci/image-config.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { formatDuration } from '../../support/go/duration.js';
import { setOwn } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { requestedSignal } from '../containers/run/signals.js';
import { commandOf, execForm } from './command.js';
import type { Draft } from './draft.js';
import { healthcheck } from './healthcheck.js';
import { pairsOf, unquote, wordsOf } from './words.js';

/** Changes a draft, and says what the history tells of it: the instruction with what its variables stand for. */
export type Change = (draft: Draft) => string;

/** Reads the arguments of an instruction. @throws INVALID_ARGUMENT for what is refused before anything is changed */
type Reader = (args: string) => Change;

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/** The argument of an instruction that takes one. @throws INVALID_ARGUMENT when it is not there */
export function exactlyOne(name: string, args: string): string {
  if (args === '') throw bad(`${name} requires exactly one argument`);
  return args;
}

/** The arguments of an instruction that needs some. @throws INVALID_ARGUMENT when they are not there */
export function atLeastOne(name: string, args: string): string {
  if (args === '') throw bad(`${name} requires at least one argument`);
  return args;
}

/** A list as Go's `%q` writes it. */
const quoted = (words: readonly string[]): string => `[${words.map(quote).join(' ')}]`;

/** The instructions that change what an image runs, in small letters (docs/reference/behavior/builder.md#dockerfile-instructions). */
export const configuring: Readonly<Record<string, Reader>> = {
  cmd: (args) => (draft) => {
    draft.config.Cmd = commandOf(args, draft.shell);
    draft.commandSet ||= draft.config.Cmd.length > 0;
    return `CMD ${quoted(draft.config.Cmd)}`;
  },
  entrypoint: (args) => (draft) => {
    draft.config.Entrypoint = args === '' ? [] : commandOf(args, draft.shell);
    if (!draft.commandSet) delete draft.config.Cmd;
    return `ENTRYPOINT ${quoted(draft.config.Entrypoint)}`;
  },
  env: (args) => {
    const pairs = namedPairs('ENV', args);
    return (draft) => {
      // All of an instruction see the environment before it.
      const values = pairs.map(([key, value]) => [unquote(key), draft.expand(value)] as const);
      for (const [name, value] of values) draft.environment.set(name, value);
      return ['ENV', ...values.map((pair) => pair.join('='))].join(' ');
    };
  },
  expose: (args) => {
    const words = atLeastOne('EXPOSE', args).split(/\s+/).sort();
    return (draft) => {
      // A variable may stand for several.
      const ports = words.flatMap((word) => draft.expand(word).split(/\s+/)).filter((port) => port !== '');
      for (const port of ports) draft.ports.add(port);
      return `EXPOSE ${ports.join(' ')}`;
    };
  },
  healthcheck: (args) => {
    const check = healthcheck(atLeastOne('HEALTHCHECK', args));
    return ({ config }) => {
      config.Healthcheck = { ...check };
      return `HEALTHCHECK ${healthText(check)}`;
    };
  },
  label: (args) => {
    const pairs = namedPairs('LABEL', args);
    return (draft) => {
      draft.config.Labels ??= {};
      const labels = draft.config.Labels;
      const values = pairs.map(([key, value]) => [draft.expand(key), draft.expand(value)] as const);
      for (const [key, value] of values) setOwn(labels, key, value);
      return ['LABEL', ...values.map((pair) => pair.join('='))].join(' ');
    };
  },
  onbuild: (args) => {
    const [trigger = ''] = /^\S+/.exec(atLeastOne('ONBUILD', args)) ?? [];
    if (trigger.toUpperCase() === 'ONBUILD') throw bad("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (['MAINTAINER', 'FROM'].includes(trigger.toUpperCase())) {
      throw bad(`${trigger.toUpperCase()} isn't allowed as an ONBUILD trigger`);
    }
    return ({ config }) => {
      config.OnBuild ??= [];
      config.OnBuild.push(args);
      return `ONBUILD ${args}`;
    };
  },
  stopsignal: (args) => {
    exactlyOne('STOPSIGNAL', args);
    return (draft) => {
      const signal = draft.expand(args);
      requestedSignal(signal);
      draft.config.StopSignal = signal;
      return `STOPSIGNAL ${signal}`;
    };
  },
  user: (args) => {
    exactlyOne('USER', args);
    return (draft) => {
      draft.config.User = draft.expand(args);
      return `USER ${draft.config.User}`;
    };
  },
  volume: (args) => {
    const words = execForm(atLeastOne('VOLUME', args)) ?? args.split(/\s+/);
    if (words.length === 0) atLeastOne('VOLUME', '');
    if (words.some((word) => word.trim() === '')) throw bad('VOLUME specified can not be an empty string');
    return (draft) => {
      draft.config.Volumes ??= {};
      const volumes = draft.config.Volumes;
      const paths = words.map((word) => draft.expand(word.trim()));
      if (paths.includes('')) throw bad('VOLUME specified can not be an empty string');
      for (const path of paths) setOwn(volumes, path, {});
      return `VOLUME [${paths.join(' ')}]`;
    };
  },
  workdir: (args) => {
    exactlyOne('WORKDIR', args);
    return (draft) => {
      const folder = draft.expand(args);
      if (folder === '') throw bad('cannot normalize nothing');
      draft.config.WorkingDir = posix.resolve('/', draft.config.WorkingDir ?? '', folder);
      return `WORKDIR ${draft.config.WorkingDir}`;
    };
  },
};

function namedPairs(name: string, args: string): readonly (readonly [key: string, value: string])[] {
  const pairs = pairsOf(name, atLeastOne(name, args));
  if (pairs.some(([key]) => key === '')) throw bad(`${name} names can not be blank`);
  return pairs;
}

/**
 * The names and values of ARG; undefined where there is no value.
 *
 * @throws INVALID_ARGUMENT without any, and for a name that is blank
 */
export function argumentsOf(args: string): readonly (readonly [name: string, value: string | undefined])[] {
  return wordsOf(atLeastOne('ARG', args)).map((word) => {
    const at = word.indexOf('=');
    if (at === 0) throw bad('ARG names can not be blank');
    return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
  });
}

function healthText(check: Healthcheck): string {
  const { Test: test = [], Retries: retries = 0 } = check;
  const times = (['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const).map(
    (name) => `${name}:${formatDuration(BigInt(check[name] ?? 0))}`,
  );
  return `&{Test:[${test.join(' ')}] ${times.join(' ')} Retries:${retries}}`;
}
