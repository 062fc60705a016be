import { AttestdError } from '../errors.js';
import { changelogEntry } from '../spec/changelog.js';
import { compareDescriptions } from '../spec/diff.js';
import { readOperand } from '../spec/diff-operand.js';
import { type CommandLine, parseCommandLine } from './arguments.js';

const line: CommandLine<Record<string, never>> = {
  name: 'spec changelog',
  summary: 'Write the entry of the API version history for the difference between two descriptions, in Markdown.',
  positionals: ['[OLD]', '[NEW]'],
  flags: {},
  notes: [
    `OLD and NEW are what 'attestd spec diff' takes: a built-in version, a file, or REV:path. Without them, 1.54 and
1.55+experimental.`,
    `exit codes: 0 written, 2 usage or an operand that cannot be read
example: attestd spec changelog 1.54 1.55`,
  ],
};

/**
 * Runs `attestd spec changelog`.
 *
 * @param args operands and flags
 * @returns the exit code
 * @throws AttestdError USAGE or INVALID_ARGUMENT
 */
export async function run(args: string[]): Promise<number> {
  const parsed = parseCommandLine(line, args);
  if (!parsed) return 0;
  const [old, now] = parsed.positionals;
  if (old !== undefined && now === undefined) throw new AttestdError('USAGE', 'spec changelog: NEW is missing');
  const [from, to] = [readOperand(old ?? '1.54'), readOperand(now ?? '1.55+experimental')];
  process.stdout.write(changelogEntry(compareDescriptions(from, to), from, to));
  return 0;
}
