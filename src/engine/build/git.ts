import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AttestdError } from '../../support/foundation/errors.js';
import { trim } from '../../support/go/strings.js';
import type { Context } from '../context.js';
import type { DaemonSettings } from '../settings.js';
import { type BuildContext, contextOfArchive } from './context.js';

/** What is asked of a repository. */
interface Wanted {
  readonly url: string;
  readonly ref: string;
  /** Folder of the context; empty for the whole. */
  readonly folder: string;
}

/** What git says that is told at most, in characters. */
const longestComplaint = 4096;

/** Whether a remote context is a Git repository (docs/reference/behavior/builder.md#build-context). */
export function isGitUrl(remote: string): boolean {
  return /^(?:git:\/\/|ssh:\/\/|git@|github\.com\/)/.test(remote) || /^https?:\/\/[^#?]*\.git(?:#|$)/.test(remote);
}

/** `URL[#[REF][:FOLDER]]` */
function parse(remote: string): Wanted {
  const [address = '', ...fragment] = remote.split('#');
  const [ref = '', ...folder] = fragment.join('#').split(':');
  const url = address.startsWith('github.com/') ? `https://${address}` : address;
  return { url, ref: ref || 'HEAD', folder: trim(folder.join(':'), '/') };
}

/**
 * Take a context from a Git repository, by the program git where there is one. Submodules are left out.
 *
 * @param remote the repository, with a reference and a folder behind `#`
 * @param dockerfile path of the Dockerfile in the context
 * @param signal ends git
 * @throws INTERNAL for what git cannot fetch, for what takes more bytes or seconds than the daemon's settings allow, and without git; what `contextOfArchive` throws
 */
export async function contextOfGit(
  context: Context,
  remote: string,
  dockerfile: string,
  signal: AbortSignal,
): Promise<BuildContext> {
  const wanted = parse(remote);
  if (wanted.ref.startsWith('-')) throw new AttestdError('INTERNAL', `invalid refspec: ${wanted.ref}`);
  const repository = await mkdtemp(join(tmpdir(), 'attestd-git-'));
  const bound = boundOf(repository, context.settings.git, signal);
  try {
    await git(repository, ['init', '--quiet', '--bare'], bound.signal);
    await fetch(repository, wanted, bound.signal);
    // What came at the very end counts too.
    await bound.check();
    const { output, ended } = start(
      repository,
      ['archive', '--format=tar', `FETCH_HEAD:${wanted.folder}`],
      bound.signal,
    );
    const failure = ended.then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      return await contextOfArchive(context, output, dockerfile);
    } catch (error) {
      throw (await failure) ?? error;
    }
  } catch (error) {
    throw bound.broken ?? error;
  } finally {
    bound.end();
    await rm(repository, { recursive: true, force: true });
  }
}

/** Ends what works on a repository that takes too much. */
interface Bound {
  readonly signal: AbortSignal;
  /** Which bound was passed. */
  readonly broken: AttestdError | undefined;
  /** @throws INTERNAL when it takes too much now */
  check(): Promise<void>;
  end(): void;
}

/** Milliseconds between two looks at how much has come. */
const lookEvery = 100;

function boundOf(repository: string, { bytes, seconds }: DaemonSettings['git'], outer: AbortSignal): Bound {
  const aborter = new AbortController();
  let broken: AttestdError | undefined;
  const pass = (why: string): void => {
    broken ??= new AttestdError('INTERNAL', `error fetching: ${why}`);
    aborter.abort();
  };
  const look = async (): Promise<void> => {
    if ((await bytesBelow(repository)) > bytes) pass(`the repository takes more than ${bytes} bytes`);
  };
  const lookAgain = async (): Promise<void> => {
    await look();
    if (!aborter.signal.aborted) looking = setTimeout(lookAgain, lookEvery);
  };
  let looking = setTimeout(lookAgain, lookEvery);
  const late = setTimeout(() => pass(`it took more than ${seconds} s`), seconds * 1000);
  return {
    signal: AbortSignal.any([outer, aborter.signal]),
    get broken() {
      return broken;
    },
    check: async () => {
      await look();
      if (broken !== undefined) throw broken;
    },
    end: () => {
      aborter.abort();
      clearTimeout(looking);
      clearTimeout(late);
    },
  };
}

/** Bytes of the files below a folder, which come and go meanwhile. */
async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  for (const name of names) bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  return bytes;
}

/** Fetch what is wanted alone; all of it from servers that cannot give a part. */
async function fetch(repository: string, { url, ref }: Wanted, signal: AbortSignal): Promise<void> {
  const from = ['fetch', '--quiet', '--no-tags'];
  try {
    await git(repository, [...from, '--depth', '1', '--', url, ref], signal);
  } catch (error) {
    const partly = /shallow|unadvertised|not our ref|couldn't find remote ref/i.test((error as Error).message);
    if (!partly || signal.aborted) throw error;
    await git(repository, [...from, '--', url, '+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'], signal);
    await git(repository, [...from, '--', '.', await commitOf(repository, ref, signal)], signal);
  }
}

/** The commit of a branch, a tag, or the beginning of a commit's digest; of HEAD, the usual branch. */
async function commitOf(repository: string, ref: string, signal: AbortSignal): Promise<string> {
  const names = ref === 'HEAD' ? ['main', 'master'] : [ref];
  let failure: unknown;
  for (const name of names)
    try {
      return (await git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', name], signal)).trim();
    } catch (error) {
      failure = error;
    }
  throw failure;
}

async function git(repository: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const { output, ended } = start(repository, args, signal);
  let text = '';
  output.on('data', (bytes: Buffer) => {
    text = `${text}${bytes}`.slice(0, longestComplaint);
  });
  await ended;
  return text;
}

function start(
  repository: string,
  args: readonly string[],
  signal: AbortSignal,
): { readonly output: Readable; readonly ended: Promise<void> } {
  const child = spawn('git', ['-C', repository, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    env: {
      PATH: process.env.PATH,
      HOME: repository,
      LC_ALL: 'C',
      GIT_ALLOW_PROTOCOL: 'git:http:https:ssh',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    },
  });
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaint = `${complaint}${bytes}`.slice(0, longestComplaint);
  });
  const ended = new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new AttestdError('INTERNAL', why));
    child.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'ENOENT'
          ? 'unable to find \'git\': exec: "git": executable file not found in $PATH'
          : `error fetching: ${error.message}`,
      ),
    );
    child.once('close', (code) => (code === 0 ? resolve() : fail(`error fetching: ${complaint}: exit status ${code}`)));
  });
  ended.catch(() => undefined);
  return { output: child.stdout, ended };
}
