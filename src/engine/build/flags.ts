import { AttestdError } from '../../support/foundation/errors.js';
import { suggestion } from './suggest.js';

/** What an instruction may be told before its arguments. */
export type FlagKinds = Readonly<Record<string, 'text' | 'flag' | 'list'>>;

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/** The flags of an instruction, `--name=value`. */
export class Flags {
  constructor(private readonly values: ReadonlyMap<string, string>) {}

  /** Names of those that were given. */
  get names(): readonly string[] {
    return [...this.values.keys()];
  }

  /** Empty when it was not given. */
  text(name: string): string {
    return this.values.get(name) ?? '';
  }
}

/**
 * Read the flags of an instruction.
 *
 * @throws INVALID_ARGUMENT for one that it does not have, that is given twice, or whose value is not of its kind
 */
export function readFlags(flags: readonly string[], kinds: FlagKinds): Flags {
  const values = new Map<string, string>();
  for (const flag of flags) {
    const at = flag.indexOf('=');
    const name = flag.slice(2, at < 0 ? undefined : at);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw bad(`unknown flag: --${name}${suggestion(name, Object.keys(kinds).sort())}`);
    if (values.has(name) && kind !== 'list') throw bad(`duplicate flag specified: --${name}`);
    if (at < 0 && kind !== 'flag') throw bad(`missing a value on flag: --${name}`);
    const value = at < 0 ? 'true' : flag.slice(at + 1);
    if (kind === 'flag' && !['true', 'false'].includes(value.toLowerCase()))
      throw bad(`expecting boolean value for flag --${name}, not: ${value}`);
    values.set(name, value);
  }
  return new Flags(values);
}
