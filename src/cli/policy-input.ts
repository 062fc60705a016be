import { command as define } from './command.js';
import { evaluateOnDaemon, exitUndecided, openPolicyFlag, policyFlags, questionOf } from './policy-options.js';

/** `attestd policy input IMAGE`. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags: policyFlags,
    notes: ['What it writes fits schemas/policy-input-1.0.json; what is not known is in `unknowns`.'],
    exitCodes: '0 written, 2 usage, 3 the image cannot be looked at',
    example: 'attestd policy input busybox:latest',
  },
  async ({ values, positionals: [image = ''] }) => {
    const question = questionOf(image, values);
    const policy = await openPolicyFlag(() => true, values);
    const input = await evaluateOnDaemon(policy, values, (client) => policy.input(client, question));
    if (input === undefined) return exitUndecided;
    process.stdout.write(`${JSON.stringify(input, null, 2)}\n`);
    return 0;
  },
);
