import { apiVersion } from '../generated/operations.js';
import { AttestdError } from '../support/foundation/errors.js';
import { packageVersion } from '../support/foundation/package-files.js';
import type { Command, Entry } from './command.js';
import { program } from './commands.js';
import { helpText } from './help.js';
import { suggestion } from './suggestion.js';

/** An entry of the table, the names that lead to it, and the arguments behind them. */
interface Found {
  readonly entry: Entry;
  readonly path: readonly string[];
  readonly rest: readonly string[];
}

function find(args: readonly string[]): Found {
  let entry = program;
  let depth = 0;
  for (; depth < args.length; depth++) {
    const name = args[depth] as string;
    const next = entry.commands && Object.hasOwn(entry.commands, name) ? entry.commands[name] : undefined;
    if (next === undefined) break;
    entry = next;
  }
  return { entry, path: args.slice(0, depth), rest: args.slice(depth) };
}

async function showHelp(called: string, { path, entry }: Found, own: Command | undefined): Promise<void> {
  process.stdout.write(helpText([called, ...path], entry, own ?? (await entry.load?.())?.command));
}

function unknownCommand(called: string, { path, rest, entry }: Found): AttestdError {
  const word = rest[0] as string;
  const hint = suggestion(word, Object.keys(entry.commands ?? {}));
  const where = [called, ...path, '--help'].join(' ');
  return new AttestdError('USAGE', `unknown command '${[...path, word].join(' ')}'${hint}: see '${where}'`);
}

/** Run a group's name without a command of it: help, when asked for or for want of anything better. */
async function runGroup(called: string, found: Found): Promise<number> {
  const [word] = found.rest;
  if (word !== undefined && word !== '--help' && word !== '-h') throw unknownCommand(called, found);
  await showHelp(called, found, undefined);
  return word === undefined ? 2 : 0;
}

async function help(args: readonly string[]): Promise<number> {
  const found = find(args);
  if (found.rest.length > 0) throw unknownCommand('attestd', found);
  await showHelp('attestd', found, undefined);
  return 0;
}

/**
 * Run a command line.
 *
 * @param args what follows `attestd`
 * @param called what the program is called in its help
 * @returns the exit code: 0 done, 1 failed, 2 usage
 * @throws AttestdError USAGE for what the command line does not have, and what the command throws
 */
export async function execute(args: readonly string[], called = 'attestd'): Promise<number> {
  const [first] = args;
  if (first === 'help') return help(args.slice(1));
  if (first === '--version' || first === '-V') {
    process.stdout.write(`attestd ${packageVersion()} (Engine API ${apiVersion})\n`);
    return 0;
  }
  const found = find(args);
  const own = (await found.entry.load?.())?.command;
  if (own === undefined) return runGroup(called, found);
  try {
    const code = await own.run(found.rest);
    if (code !== undefined) return code;
  } catch (error) {
    if (!(error instanceof AttestdError) || error.code !== 'USAGE') throw error;
    throw new AttestdError('USAGE', `${found.path.join(' ')}: ${error.message}`, { cause: error });
  }
  await showHelp(called, found, own);
  return 0;
}
