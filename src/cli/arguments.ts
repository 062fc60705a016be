import { type ParseArgsConfig, parseArgs } from 'node:util';
import { AttestdError } from '../errors.js';

/** One flag of a command. */
export interface Flag {
  readonly type: 'boolean' | 'string';
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
  readonly short?: string;
  /** What its value is called in the help. */
  readonly value?: string;
  readonly help: string;
}

/** The flags of a command, by long name. */
export type Flags = Readonly<Record<string, Flag>>;

/** What a command takes and what its help says. */
export interface CommandLine<F extends Flags> {
  /** The command's name. */
  readonly name: string;
  readonly summary: string;
  /** Names of the positional arguments in the help, such as `IMAGE` or `[DIR]`; none without it. */
  readonly positionals?: readonly string[];
  readonly flags: F;
  /** Paragraphs below the flags. */
  readonly notes?: readonly string[];
}

/** The values of flags, as their types have them. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]?: F[Name] extends { multiple: true }
    ? readonly (F[Name]['type'] extends 'string' ? string : boolean)[]
    : F[Name]['type'] extends 'string'
      ? string
      : boolean;
};

/** A parsed command line. */
export interface ParsedArguments<F extends Flags> {
  readonly values: FlagValues<F>;
  readonly positionals: readonly string[];
}

/** Flags that every command has. */
const common = {
  help: { type: 'boolean', short: 'h', help: 'show this help' },
  quiet: { type: 'boolean', short: 'q', help: 'write nothing but results and errors' },
} as const satisfies Flags;

type Common = typeof common;

/**
 * Parse the arguments of a command. Every command also has `--help` and `--quiet`.
 *
 * @param line what the command takes
 * @param args the arguments after the command's name
 * @returns the values, or undefined when the help was asked for and written to standard output
 * @throws AttestdError USAGE that names the argument
 */
export function parseCommandLine<F extends Flags>(
  line: CommandLine<F>,
  args: readonly string[],
): ParsedArguments<F & Common> | undefined {
  const flags: Flags = { ...line.flags, ...common };
  const parsed = parse(line, flags, args);
  if (parsed.values.help) {
    process.stdout.write(helpText(line));
    return undefined;
  }
  const most = line.positionals?.some((name) => name.includes('…'))
    ? Number.POSITIVE_INFINITY
    : (line.positionals?.length ?? 0);
  if (parsed.positionals.length > most)
    throw new AttestdError('USAGE', `${line.name}: unexpected argument '${parsed.positionals[most]}'`);
  const least = line.positionals?.filter((name) => !name.startsWith('[')).length ?? 0;
  if (parsed.positionals.length < least)
    throw new AttestdError('USAGE', `${line.name}: ${line.positionals?.[parsed.positionals.length]} is missing`);
  return parsed as unknown as ParsedArguments<F & Common>;
}

function parse(line: CommandLine<Flags>, flags: Flags, args: readonly string[]) {
  const options: ParseArgsConfig['options'] = {};
  for (const [name, { type, multiple, short }] of Object.entries(flags))
    options[name] = { type, ...(multiple && { multiple }), ...(short !== undefined && { short }) };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('. ')[0] as string) : String(cause);
    throw new AttestdError('USAGE', `${line.name}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`, { cause });
  }
}

/** The help of a command. */
export function helpText(line: CommandLine<Flags>): string {
  const flags = Object.entries<Flag>({ ...line.flags, ...common });
  const left = flags.map(([name, { short, value, type }]) => {
    const long = `--${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`;
    return `${short === undefined ? '    ' : `-${short}, `}${long}`;
  });
  const width = Math.max(...left.map((text) => text.length)) + 2;
  const rows = flags.map(([, { help, multiple }], at) => {
    const text = multiple ? `${help} (may be repeated)` : help;
    return `  ${(left[at] as string).padEnd(width)}${text}`;
  });
  const usage = ['usage: attestd', line.name, '[OPTIONS]', ...(line.positionals ?? [])].join(' ');
  const notes = (line.notes ?? []).flatMap((note) => ['', note]);
  return [usage, '', line.summary, '', ...rows, ...notes, ''].join('\n');
}

/** Marks up text for a terminal, or leaves it as it is. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/**
 * The colours for a stream: none unless it is a terminal, and none when NO_COLOR is set (no-color.org).
 *
 * @param stream where the text will go
 */
export function palette(stream: { readonly isTTY?: boolean }): Palette {
  const coloured = stream.isTTY === true && !process.env.NO_COLOR;
  const wrap = (on: number, off: number) => (text: string) => (coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return { bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39), yellow: wrap(33, 39) };
}
