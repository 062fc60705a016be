import type { Healthcheck } from '../../oci/image-config.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { parseDuration } from '../../support/go/duration.js';
import { quote } from '../../support/go/quote.js';
import { parseInteger } from '../../support/go/strconv.js';
import { commandOf } from './command.js';

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/** Flags that give a duration, with the field that each sets. */
const durations: Readonly<Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/**
 * The arguments of HEALTHCHECK: `NONE`, or flags and `CMD` with a command.
 *
 * @throws INVALID_ARGUMENT with dockerd's text
 */
export function healthcheck(args: string): Healthcheck {
  const check: Healthcheck = {};
  const seen = new Set<string>();
  let rest = args;
  for (let flag = takeFlag(rest); flag !== undefined; flag = takeFlag(rest)) {
    if (seen.has(flag.name)) throw bad(`duplicate flag specified: --${flag.name}`);
    seen.add(flag.name);
    setFlag(check, flag.name, flag.value);
    rest = flag.rest;
  }
  const [word = ''] = /^\S+/.exec(rest) ?? [];
  const command = rest.slice(word.length).trim();
  const type = word.toUpperCase();
  if (type === 'NONE') {
    if (command !== '') throw bad('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (type !== 'CMD') throw bad(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  if (command === '') throw bad('Missing command after HEALTHCHECK CMD');
  const argv = commandOf(command);
  const shell = argv[0] === '/bin/sh' && argv[1] === '-c' && !command.startsWith('[');
  return { Test: shell ? ['CMD-SHELL', command] : ['CMD', ...argv], ...check };
}

function takeFlag(text: string): { name: string; value: string | undefined; rest: string } | undefined {
  const match = /^--([a-z-]+)(?:=(\S*))?(?:\s+|$)/.exec(text);
  if (match === null) return undefined;
  return { name: match[1] as string, value: match[2], rest: text.slice(match[0].length) };
}

function setFlag(check: Healthcheck, name: string, value: string | undefined): void {
  const field = Object.hasOwn(durations, name) ? durations[name] : undefined;
  if (field === undefined && name !== 'retries') throw bad(`unknown flag: --${name}`);
  if (value === undefined) throw bad(`missing a value on flag: --${name}`);
  if (field !== undefined) {
    const duration = parseDuration(value);
    if (duration !== 0n && duration < 1_000_000n) throw bad(`Interval ${quote(name)} cannot be less than 1ms`);
    check[field] = Number(duration);
    return;
  }
  const retries = Number(parseInteger(value, 32));
  if (retries < 0) throw bad(`--retries cannot be negative (${retries})`);
  check.Retries = retries;
}
