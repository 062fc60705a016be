import { type ParseArgsConfig, parseArgs } from 'node:util';
import { AttestdError } from '../support/foundation/errors.js';
import { suggestion } from './suggestion.js';

/** One flag of a command. */
export interface Flag {
  readonly type: 'boolean' | 'string';
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
  /** Whether one value may hold several, with commas between them; goes with `multiple`. */
  readonly commas?: boolean;
  readonly short?: string;
  /** What its value is called in the help; FILE and DIR are completed as such. */
  readonly value?: string;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** The flags of a command, by long name. */
export type Flags = Readonly<Record<string, Flag>>;

type FlagValue<F extends Flag> = F['type'] extends 'string'
  ? F extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : string
  : boolean;

/** The values of flags, as their types have them. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]?: F[Name] extends { multiple: true } ? readonly FlagValue<F[Name]>[] : FlagValue<F[Name]>;
};

/** Flags that every command has. */
export const commonFlags = {
  help: { type: 'boolean', short: 'h', help: 'show this help' },
  quiet: { type: 'boolean', short: 'q', help: 'write nothing but results and errors' },
} as const satisfies Flags;

/** The flag of commands that ask a daemon. */
export const hostFlag = {
  host: { type: 'string', short: 'H', value: 'URL', help: 'the daemon; found as the docker CLI finds it without it' },
} as const satisfies Flags;

/** Flags of `attestd` itself. */
export const programFlags = {
  help: commonFlags.help,
  version: { type: 'boolean', short: 'V', help: 'show the versions of attestd and of the API that it describes' },
} as const satisfies Flags;

/** A parsed command line. */
export interface ParsedArguments<F extends Flags> {
  readonly values: FlagValues<F & typeof commonFlags>;
  readonly positionals: readonly string[];
}

/** What a command takes. */
export interface Accepted<F extends Flags> {
  /** Names of the positional arguments, such as `IMAGE`, `[DIR]` or `[FILE…]`; none without it. */
  readonly positionals?: readonly string[];
  readonly flags: F;
}

/**
 * Parse the arguments of a command. Every command also has `--help` and `--quiet`.
 *
 * @param accepted what the command takes
 * @param args the arguments after the command's name
 * @returns the values; positional arguments and choices are not checked when the help was asked for
 * @throws AttestdError USAGE that names the argument
 */
export function parseArguments<F extends Flags>(accepted: Accepted<F>, args: readonly string[]): ParsedArguments<F> {
  const flags: Flags = { ...accepted.flags, ...commonFlags };
  const { values, positionals } = parse(flags, args);
  const parsed = { values: split(flags, values), positionals } as unknown as ParsedArguments<F>;
  if (values.help) return parsed;
  checkChoices(flags, parsed.values as RawValues);
  checkPositionals(accepted.positionals ?? [], positionals);
  return parsed;
}

type RawValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function parse(flags: Flags, args: readonly string[]): { values: RawValues; positionals: string[] } {
  const options: ParseArgsConfig['options'] = {};
  for (const [name, { type, multiple, short }] of Object.entries(flags))
    options[name] = { type, ...(multiple && { multiple }), ...(short !== undefined && { short }) };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as {
      values: RawValues;
      positionals: string[];
    };
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('. ')[0] as string) : String(cause);
    const [, unknown] = /^Unknown option '--([^']*)'/.exec(reason) ?? [];
    const hint = unknown === undefined ? '' : suggestion(unknown, Object.keys(flags), '--');
    throw new AttestdError('USAGE', `${reason.charAt(0).toLowerCase()}${reason.slice(1)}${hint}`, { cause });
  }
}

function split(flags: Flags, values: RawValues): RawValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      flags[name]?.commas ? (value as string[]).flatMap((text) => text.split(',')) : value,
    ]),
  );
}

function checkChoices(flags: Flags, values: RawValues): void {
  for (const [name, { choices }] of Object.entries(flags)) {
    const given = values[name];
    if (choices === undefined || given === undefined) continue;
    for (const value of [given].flat() as string[])
      if (!choices.includes(value))
        throw new AttestdError('USAGE', `--${name} '${value}' is none of ${choices.join(', ')}`);
  }
}

function checkPositionals(names: readonly string[], given: readonly string[]): void {
  const most = names.some((name) => name.includes('…')) ? Number.POSITIVE_INFINITY : names.length;
  if (given.length > most) throw new AttestdError('USAGE', `unexpected argument '${given[most]}'`);
  const least = names.filter((name) => !name.startsWith('[')).length;
  if (given.length < least) throw new AttestdError('USAGE', `${names[given.length]} is missing`);
}
