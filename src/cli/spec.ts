/** `attestd spec`: the commands around the API description. */
import { AttestdError } from '../errors.js';

interface Subcommand {
  readonly summary: string;
  readonly run: (args: string[]) => Promise<number>;
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  apply: {
    summary: 'patch a description in place',
    run: async (args) => (await import('./spec-apply.js')).run(args),
  },
  build: {
    summary: 'make swagger.yaml from the base and its overlays',
    run: async (args) => (await import('./spec-build.js')).runBuild(args),
  },
  check: {
    summary: 'fail when swagger.yaml differs from base and overlays, or an overlay does not fit',
    run: async (args) => (await import('./spec-build.js')).runCheck(args),
  },
  changelog: {
    summary: 'write the API version history entry for a difference',
    run: async (args) => (await import('./spec-changelog.js')).run(args),
  },
  diff: {
    summary: 'show what changes between two descriptions, and whom it breaks',
    run: async (args) => (await import('./spec-diff.js')).run(args),
  },
  'validate-recordings': {
    summary: 'hold recorded exchanges against the description',
    run: async (args) => (await import('./spec-recordings.js')).run(args),
  },
};

function usage(): string {
  const rows = Object.entries(subcommands).map(([name, { summary }]) => `  ${name.padEnd(20)} ${summary}`);
  return `usage: attestd spec COMMAND [OPTIONS]\n\n${rows.join('\n')}\n\n'attestd spec COMMAND --help' tells more.\n`;
}

/**
 * Runs `attestd spec`.
 *
 * @param args what follows `spec` on the command line
 * @returns the exit code
 * @throws AttestdError USAGE for an unknown command, and what the command throws
 */
export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (!command) throw new AttestdError('USAGE', `unknown command 'spec ${name}': see 'attestd spec --help'`);
  return command.run(rest);
}
