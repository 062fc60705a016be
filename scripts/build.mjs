/**
 * Compiles src/ to dist/, the same for `make build` and for `npm pack` (prepack): what an earlier build left there and this
 * one does not make is removed, so that no stale file is packed. Needs nothing but Node and the installed packages.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const { status, stdout } = spawnSync(
  process.execPath,
  [compiler, '-p', 'tsconfig.build.json', '--listEmittedFiles', '--pretty', 'false'],
  { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64 * 1024 * 1024 },
);
const lines = stdout.split('\n').filter((line) => line !== '');
const emitted = lines.filter((line) => line.startsWith('TSFILE: '));
for (const line of lines) if (!line.startsWith('TSFILE: ')) process.stderr.write(`${line}\n`);
if (status !== 0) process.exit(status ?? 1);

const made = new Set(emitted.map((line) => resolve(root, line.slice('TSFILE: '.length))));
mkdirSync(join(dist, 'generated'), { recursive: true });
for (const name of readdirSync(join(root, 'src/generated'))) {
  if (!name.endsWith('.json')) continue;
  const copy = join(dist, 'generated', name);
  cpSync(join(root, 'src/generated', name), copy);
  made.add(copy);
}
chmodSync(join(dist, 'cli/main.js'), 0o755);

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(path)) rmSync(path);
}
