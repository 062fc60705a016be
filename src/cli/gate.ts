import { exceptionNames } from '../gate/exceptions.js';
import { AttestdError } from '../support/foundation/errors.js';
import { hostFlag } from './arguments.js';
import { command as define } from './command.js';
import { endOfRun } from './end-of-run.js';
import { palette } from './output.js';
import { readTrusts, trustFlags } from './trust.js';

const flags = {
  policy: { type: 'string', value: 'FILE', help: 'what decides: a compiled OPA bundle, or an ES module' },
  ...hostFlag,
  listen: { type: 'string', multiple: true, value: 'ADDRESS', help: 'unix:///PATH or tcp://127.0.0.1:PORT' },
  ...trustFlags,
  allow: {
    type: 'string',
    multiple: true,
    commas: true,
    value: 'RULE',
    choices: exceptionNames,
    help: 'let through what cannot be judged',
  },
  audit: { type: 'string', value: 'FILE', help: 'where decisions are written, a line each; standard error without it' },
  timeout: { type: 'string', value: 'SECONDS', help: 'what a decision may take; 10 without it' },
  'exit-with-parent': { type: 'boolean', help: 'end when the process that started this one does' },
} as const;

function seconds(text: string): number {
  if (!/^\d{1,4}(\.\d+)?$/.test(text) || Number(text) === 0)
    throw new AttestdError('USAGE', `--timeout: '${text}' is no number of seconds`);
  return Number(text) * 1000;
}

/** `attestd gate`: let a daemon create and start only containers of images that a policy allows. */
export const command = define(
  {
    flags,
    notes: [
      `Containers are judged when they are created and when they are started. What cannot be judged is refused: builds, commits,
      swarms, plugins, starts from checkpoints, privileged execs, and mounts of the daemon's own socket. Everything else is passed on.
      Give clients the address of the gate, and nobody but the gate access to the daemon's.`,
    ],
    exitCodes: '0 ended by a signal, 2 usage or no daemon, 3 failed',
    example: 'attestd gate --policy policy.wasm --listen unix:///run/gate.sock',
  },
  async ({ values }) => {
    const { policy: file, listen = [], host, audit: auditFile, quiet = false } = values;
    if (file === undefined) throw new AttestdError('USAGE', '--policy FILE is missing');
    if (listen.length === 0) throw new AttestdError('USAGE', '--listen ADDRESS is missing');
    const timeout = seconds(values.timeout ?? '10');
    const trusts = await readTrusts(values);
    const [{ fileAudit, policyJudge, startGate, streamAudit }, { openPolicy }] = await Promise.all([
      import('../gate/index.js'),
      import('../policy/index.js'),
    ]);
    const ended = endOfRun(values['exit-with-parent'] ?? false);
    const policy = await openPolicy(file, { trusts });
    try {
      const gate = await startGate({
        listen,
        ...(host !== undefined && { host }),
        judge: (client) => policyJudge(policy, client),
        audit: auditFile === undefined ? streamAudit(process.stderr) : await fileAudit(auditFile),
        ...(values.allow && { allow: values.allow }),
        timeout,
      });
      const { bold, dim } = palette(process.stdout);
      if (!quiet) process.stdout.write(`${bold('the gate is ready')} ${dim(`(before ${gate.daemon})`)}\n`);
      for (const address of gate.hosts)
        process.stdout.write(quiet ? `${address}\n` : `export DOCKER_HOST=${address}\n`);
      await ended;
      await gate.close();
      return 0;
    } finally {
      await policy.close();
    }
  },
);
