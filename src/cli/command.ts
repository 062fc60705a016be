import { type Accepted, type Flags, type ParsedArguments, parseArguments } from './arguments.js';

/** What a command takes, and what its help says beyond its summary. */
export interface CommandLine<F extends Flags> extends Accepted<F> {
  /** Paragraphs below the flags. */
  readonly notes?: readonly string[];
  /** What the exit codes mean, where there are others than 0 done, 1 failed and 2 usage. */
  readonly exitCodes?: string;
  /** A command line that shows what the command is for. */
  readonly example: string;
}

/** A command that can be run. */
export interface Command {
  readonly line: CommandLine<Flags>;
  /**
   * Parse the arguments and run.
   *
   * @param args what follows the command's name
   * @returns the exit code, or undefined when the help was asked for
   * @throws AttestdError USAGE that names the argument, and what the command throws
   */
  run(args: readonly string[]): Promise<number | undefined>;
}

/**
 * Make a command of what it takes and what it does.
 *
 * @param line what it takes
 * @param act does it; returns the exit code
 */
export function command<const F extends Flags>(
  line: CommandLine<F>,
  act: (given: ParsedArguments<F>) => Promise<number> | number,
): Command {
  return {
    line,
    run: async (args) => {
      const given = parseArguments(line, args);
      return given.values.help ? undefined : act(given);
    },
  };
}

/** An entry of the table of commands: a command, a group of commands, or both. */
export interface Entry {
  /** What it does, in the lists of commands and at the head of its help: no capital, no full stop. */
  readonly summary: string;
  /** Loads the command. Only the one that runs is loaded, so that the others cost nothing. */
  readonly load?: () => Promise<{ readonly command: Command }>;
  readonly commands?: Table;
}

/** Entries by name. */
export type Table = Readonly<Record<string, Entry>>;
