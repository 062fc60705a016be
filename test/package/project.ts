import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRegistry } from './registry.js';

const run = promisify(execFile);

/** The repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a program printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a program in a folder; rejects with what it printed when it fails. */
export async function execute(folder: string, program: string, ...args: readonly string[]): Promise<Printed> {
  try {
    return await run(program, args, {
      cwd: folder,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, DOCKER_HOST: '', npm_config_update_notifier: 'false' },
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Printed>;
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** A file of the package, as `npm pack --json` lists it. */
export interface Packed {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Bytes of the tarball, and of its files. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

/** Pack a copy of what git knows of the working tree, without anything that was built: `prepack` has to build it. */
export async function pack(folder: string): Promise<Packed> {
  const clone = join(folder, 'clone');
  const { stdout } = await execute(root, 'git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  for (const path of stdout.split('\0').filter((name) => name !== '' && !name.startsWith('test/'))) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    cpSync(join(root, path), join(clone, path), { force: true, errorOnExist: false });
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  const { stdout: json } = await execute(
    clone,
    'npm',
    'pack',
    '--json',
    '--silent',
    '--offline',
    '--pack-destination',
    folder,
  );
  // prepack may print before.
  const answer: unknown = JSON.parse(json.slice(json.search(/^[[{]/m)));
  const [packed] = Object.values(answer as object) as (Omit<Packed, 'tarball'> & { filename: string })[];
  if (packed === undefined) throw new Error(`npm pack printed ${json}`);
  return { ...packed, tarball: join(folder, packed.filename) };
}

/**
 * A project in a temporary folder, outside of the repository.
 *
 * @param dependencies names and ranges, or `file:` paths
 */
export async function install(folder: string, dependencies: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  const registry = await startRegistry(join(root, 'node_modules'));
  try {
    const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--ignore-scripts'];
    const from = ['--registry', registry.url, '--cache', join(folder, '.npm')];
    await execute(folder, 'npm', 'install', ...quiet, ...from);
  } finally {
    await registry.close();
  }
}

/** A temporary folder, and what removes it. */
export function temporary(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'attestd-package-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
