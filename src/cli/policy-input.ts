import { command as define } from './command.js';
import { askDaemon, askingFlags, cannotTell, openAsked, questionOf } from './policy-asking.js';

/** `attestd policy input IMAGE`. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags: askingFlags,
    notes: ['What it writes fits schemas/policy-input-1.0.json; what is not known is in `unknowns`.'],
    exitCodes: '0 written, 2 usage, 3 the image cannot be looked at',
    example: 'attestd policy input busybox:latest',
  },
  async ({ values, positionals: [image = ''] }) => {
    const question = questionOf(image, values);
    const policy = await openAsked(() => true, values);
    const input = await askDaemon(policy, values, (client) => policy.input(client, question));
    if (input === undefined) return cannotTell;
    process.stdout.write(`${JSON.stringify(input, null, 2)}\n`);
    return 0;
  },
);
