/** Reading the flags of the `attestd spec` commands. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { AttestdError } from '../errors.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The flags and operands of a command line. */
export type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T & { help: { type: 'boolean'; short: 'h' } }; allowPositionals: true; strict: true }>
>;

/**
 * Parses a command line; every command also has `--help`.
 *
 * @param args what follows the command's name
 * @param options the flags, as `util.parseArgs` takes them
 * @param operands the smallest and largest number of operands
 * @returns flags and operands; the number of operands is not checked when help is asked for
 * @throws AttestdError USAGE for an unknown flag, a missing value or a wrong number of operands
 */
export function parse<T extends Options>(args: string[], options: T, operands: readonly [number, number]): Parsed<T> {
  let parsed: Parsed<T>;
  try {
    parsed = parseArgs({
      args,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
    }) as Parsed<T>;
  } catch (cause) {
    throw new AttestdError('USAGE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const count = parsed.positionals.length;
  const help = (parsed.values as { help?: boolean }).help;
  if (!help && (count < operands[0] || count > operands[1])) {
    const [min, max] = operands;
    const wanted = max === 0 ? 'no operands' : `${min === max ? min : `${min} to ${max}`} operand(s)`;
    throw new AttestdError('USAGE', `takes ${wanted}, ${count} given: see --help`);
  }
  return parsed;
}
