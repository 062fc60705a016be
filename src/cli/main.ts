#!/usr/bin/env node
import { AttestdError } from '../errors.js';

interface Command {
  readonly summary: string;
  /** Loads and runs the command; resolves with the exit code. Loading is lazy: start-up pays for one command only. */
  readonly run: (args: string[]) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  attestations: {
    summary: 'show and verify the attestations of an image',
    run: async (args) => (await import('./attestations.js')).attestations(args),
  },
  conformance: {
    summary: 'judge a daemon, or the reference server, against the requirements',
    run: async (args) => (await import('./conformance.js')).conformance(args),
  },
  serve: {
    summary: 'serve the Engine API from a store of OCI images',
    run: async (args) => (await import('./serve.js')).serve(args),
  },
  spec: {
    summary: 'build, check, patch and compare API descriptions',
    run: async (args) => (await import('./spec.js')).run(args),
  },
};

function usage(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`);
  return ['usage: attestd COMMAND [OPTIONS]', '', ...rows, '', "'attestd COMMAND --help' tells more.", ''].join('\n');
}

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new AttestdError('USAGE', `unknown command '${name}': see 'attestd --help'`);
  return command.run(rest);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`attestd: ${message.replaceAll('\n', ' ')}\n`);
    process.exitCode = error instanceof AttestdError ? error.exitCode : 3;
  },
);
