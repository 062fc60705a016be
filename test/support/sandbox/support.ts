import { ManualClock } from '../../../src/support/sandbox/clock.js';
import { Budget } from '../../../src/support/sandbox/fs/budget.js';
import { createFileSystem } from '../../../src/support/sandbox/fs/file-system.js';
import type { ArchiveEntry, FileSystem, Snapshot } from '../../../src/support/sandbox/fs/types.js';
import { programs } from '../../../src/support/sandbox/programs/index.js';
import { type SimulatedOptions, simulatedModel } from '../../../src/support/sandbox/simulated.js';
import type {
  ExitStatus,
  Process,
  ProcessModel,
  ProcessSpec,
  Sandbox,
  SandboxSpec,
  StartResult,
} from '../../../src/support/sandbox/types.js';
import { entry, snapshotOf } from './fs/support.js';

/** An image with busybox under all the names that the runtime knows, as the recordings' images have it. */
export const busyboxEntries: readonly ArchiveEntry[] = [
  entry('bin/'),
  entry('etc/'),
  entry('dir/'),
  entry('root/'),
  entry('tmp/', { mode: 0o1777 }),
  entry('bin/busybox', { mode: 0o755, text: '\x7fELF and so on' }),
  ...[...programs.keys()]
    .filter((name) => name !== 'busybox')
    .map((name) => entry(`bin/${name}`, { type: 'symlink', target: 'busybox', mode: 0o777 })),
  entry('etc/passwd', { text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' }),
  entry('etc/group', { text: 'root:x:0:\nnobody:x:65534:\n' }),
  entry('dir/file', { text: 'from the image\n' }),
];

const busybox: Promise<Snapshot> = snapshotOf([...busyboxEntries]);

/** A container that a test runs things in. */
export interface Container {
  readonly fs: FileSystem;
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  /** Start something; what it writes is in `stdout` and `stderr`. */
  start(argv: readonly string[], spec?: Partial<ProcessSpec>): Running;
}

/** A process with what it wrote so far. */
export interface Running {
  readonly process: Process;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: Promise<ExitStatus>;
}

/** A container of a busybox image, or of another snapshot. */
export async function container(
  spec: Partial<SandboxSpec> & {
    readonly snapshot?: Snapshot;
    readonly options?: SimulatedOptions;
    readonly model?: ProcessModel;
  } = {},
): Promise<Container> {
  const clock = new ManualClock();
  const fs = createFileSystem({ snapshot: spec.snapshot ?? (await busybox), budget: new Budget(1 << 26), clock });
  const sandbox = (spec.model ?? simulatedModel(spec.options)).createSandbox({
    id: 'c0ffee',
    fileSystem: fs,
    hostname: 'box',
    clock,
    image: { reference: 'sim/busybox:1', labels: {}, os: 'linux', architecture: 'amd64' },
    labels: {},
    ...spec,
  });
  const start = (argv: readonly string[], more: Partial<ProcessSpec> = {}): Running =>
    started(attempt(sandbox, argv, more));
  return { fs, clock, sandbox, start };
}

interface Attempt {
  readonly result: StartResult;
  readonly output: { stdout: string; stderr: string };
}

/** Start something that may fail to start. */
export function attempt(sandbox: Sandbox, argv: readonly string[], more: Partial<ProcessSpec> = {}): Attempt {
  const output = { stdout: '', stderr: '' };
  const result = sandbox.start({
    purpose: sandbox.processes().length === 0 ? 'init' : 'exec',
    argv,
    env: ['PATH=/bin'],
    cwd: '/',
    user: '',
    tty: false,
    openStdin: false,
    stdout: {
      write: (bytes) => {
        output.stdout += Buffer.from(bytes).toString();
      },
    },
    stderr: {
      write: (bytes) => {
        output.stderr += Buffer.from(bytes).toString();
      },
    },
    ...more,
  });
  return { result, output };
}

function started({ result, output }: Attempt): Running {
  if (!result.ok) throw new Error(result.failure.message);
  const { process } = result;
  return {
    process,
    exit: process.exit,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
  };
}

/** Run a command line as PID 1 until it ends. */
export async function run(
  argv: readonly string[],
  spec: Partial<ProcessSpec> & { readonly in?: Container; readonly input?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { in: given, input, ...more } = spec;
  const box = given ?? (await container());
  const running = box.start(argv, { openStdin: input !== undefined, ...more });
  if (input !== undefined) {
    await running.process.stdin.write(Buffer.from(input));
    running.process.stdin.end();
  }
  const { code } = await running.exit;
  return { code, stdout: running.stdout, stderr: running.stderr };
}

/** Run a script by `sh -c`. */
export const sh = (text: string, spec?: Parameters<typeof run>[1]): ReturnType<typeof run> =>
  run(['sh', '-c', text], spec);
