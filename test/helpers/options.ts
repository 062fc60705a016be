import { parseArgs } from 'node:util';

/** An option of a command for development; a number is 0 or more. */
export type Option =
  | { readonly type: 'boolean' }
  | { readonly type: 'string'; readonly multiple?: true; readonly default?: string; readonly required?: true }
  | { readonly type: 'number'; readonly default?: number; readonly whole?: true };

type Options = Readonly<Record<string, Option>>;

type Certain = { type: 'boolean' } | { multiple: true } | { default: string | number } | { required: true };
type ValueOf<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { type: 'number' }
    ? number
    : O extends { multiple: true }
      ? readonly string[]
      : string;

/** What was given for each option, or its default. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Certain ? ValueOf<O[Name]> : ValueOf<O[Name]> | undefined;
};

/** A command for development. */
export interface Tool<O extends Options> {
  /** What its errors begin with. */
  readonly name: string;
  /** All of it, an example included. */
  readonly help: string;
  readonly options: O;
  /** How many arguments it takes that are no options; none without it. */
  readonly positionals?: { readonly least: number; readonly most: number };
  /** @returns what is wrong with values that are right one by one */
  readonly check?: (values: Values<O>) => string | undefined;
}

/** What was asked of a command: to run with values, to show its help, or something that it cannot. */
export type Asked<O extends Options> =
  | { readonly values: Values<O>; readonly positionals: readonly string[] }
  | { readonly help: true }
  | { readonly wrong: string };

/** @throws Error saying in one line what is wrong with a value */
function readValue(name: string, option: Option, given: string | boolean | readonly unknown[] | undefined): unknown {
  if (option.type === 'boolean') return given === true;
  if (option.type === 'string') {
    if (given === undefined && option.required) throw new Error(`--${name} is needed`);
    return given ?? (option.multiple ? [] : option.default);
  }
  if (given === undefined) return option.default;
  const value = Number(given);
  const good = given !== '' && (option.whole ? Number.isSafeInteger(value) : Number.isFinite(value)) && value >= 0;
  if (!good) throw new Error(`--${name}: '${String(given)}' is no ${option.whole ? 'whole ' : ''}number`);
  return value;
}

/** Read a command line. */
export function parseTool<const O extends Options>(tool: Tool<O>, line: readonly string[]): Asked<O> {
  const { options, positionals: { least, most } = { least: 0, most: 0 }, check } = tool;
  const entries = Object.entries<Option>(options);
  const plain = entries.map(([name, option]) => {
    const type = option.type === 'boolean' ? ('boolean' as const) : ('string' as const);
    return [name, { type, multiple: 'multiple' in option }] as const;
  });
  try {
    const { values, positionals } = parseArgs({
      args: [...line],
      options: { ...Object.fromEntries(plain), help: { type: 'boolean', short: 'h' } },
      allowPositionals: most > 0,
    });
    const given: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>> = values;
    if (given.help === true) return { help: true };
    if (positionals.length < least || positionals.length > most)
      return { wrong: `${positionals.length} arguments that are no options` };
    const read = Object.fromEntries(
      entries.map(([name, option]) => [name, readValue(name, option, given[name])]),
    ) as Values<O>;
    const wrong = check?.(read);
    return wrong === undefined ? { values: read, positionals } : { wrong };
  } catch (error) {
    return { wrong: (error as Error).message.replaceAll('\n', ' ') };
  }
}

/** Read this process's command line: shows the help and exits 0, or says in one line what is wrong and exits 2. */
export function readTool<const O extends Options>(
  tool: Tool<O>,
): { values: Values<O>; positionals: readonly string[] } {
  const asked = parseTool(tool, process.argv.slice(2));
  if ('values' in asked) return asked;
  if ('help' in asked) process.stdout.write(tool.help);
  else process.stderr.write(`${tool.name}: ${asked.wrong}; --help shows what there is\n`);
  process.exit('help' in asked ? 0 : 2);
}
