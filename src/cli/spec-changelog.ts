import { changelogEntry } from '../spec/changelog.js';
import { compareDescriptions } from '../spec/diff.js';
import { readOperand } from '../spec/diff-operand.js';
import { AttestdError } from '../support/foundation/errors.js';
import { command as define } from './command.js';

/** `attestd spec changelog`. */
export const command = define(
  {
    positionals: ['[OLD]', '[NEW]'],
    flags: {},
    notes: [
      `OLD and NEW are what 'attestd spec diff' takes: a built-in version, a file, or REV:path. Without them, 1.54 and
      1.55+experimental.`,
    ],
    exitCodes: '0 written, 2 usage or an operand that cannot be read',
    example: 'attestd spec changelog 1.54 1.55',
  },
  ({ positionals }) => {
    const [old, now] = positionals;
    if (old !== undefined && now === undefined) throw new AttestdError('USAGE', 'NEW is missing');
    const [from, to] = [readOperand(old ?? '1.54'), readOperand(now ?? '1.55+experimental')];
    process.stdout.write(changelogEntry(compareDescriptions(from, to), from, to));
    return 0;
  },
);
