/**
 * Compiles src/ to dist/, the same for `make build` and for `npm pack` (prepack): what an earlier build left there and this
 * one does not make is removed, so that no stale file is packed. Needs nothing but Node and the installed packages.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import typescript from 'typescript';

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

/** Modules that threads begin with. */
const threads = ['dist/policy/thread.js'];
const made = new Set(emitted.map((line) => resolve(root, line.slice('TSFILE: '.length))));
await bundle();
keepDeclared();
mkdirSync(join(dist, 'generated'), { recursive: true });
for (const name of readdirSync(join(root, 'src/generated'))) {
  if (!name.endsWith('.json')) continue;
  const copy = join(dist, 'generated', name);
  cpSync(join(root, 'src/generated', name), copy);
  made.add(copy);
}
/**
 * Put the modules behind the entry points of the package together, with what several have in common in chunks: a process
 * that reads few files starts in half the time. Packages stay packages; what is imported when needed stays so.
 */
async function bundle() {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const targets = [...Object.values(bin), ...Object.values(exports).map((target) => target.default ?? ''), ...threads];
  const entries = targets.filter((path) => path.endsWith('.js')).map((path) => resolve(root, path));
  const { outputFiles } = await build({
    entryPoints: entries,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Names stay, so that a stack trace still reads.
    minifyWhitespace: true,
    outdir: dist,
    outbase: dist,
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
    write: false,
    plugins: [{ name: 'place', setup: ({ onLoad }) => onLoad({ filter: /\.js$/ }, keepPlace) }],
  });
  for (const path of made) if (path.endsWith('.js')) made.delete(path);
  mkdirSync(join(dist, 'chunks'), { recursive: true });
  for (const { path, contents } of outputFiles) {
    writeFileSync(path, contents);
    made.add(path);
  }
}

/** Of the declarations those stay that the package's entry points lead to: nobody can import the others. */
function keepDeclared() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const reached = new Set();
  const reach = (path) => {
    if (reached.has(path) || !made.has(path)) return;
    reached.add(path);
    for (const { fileName } of typescript.preProcessFile(readFileSync(path, 'utf8')).importedFiles)
      if (fileName.startsWith('.')) reach(resolve(dirname(path), fileName.replace(/\.js$/, '.d.ts')));
  };
  for (const { types } of Object.values(exports)) if (types !== undefined) reach(resolve(root, types));
  for (const path of made) if (path.endsWith('.d.ts') && !reached.has(path)) made.delete(path);
}

/** A module goes on to find the package's files from where it was, not from the chunk that it is in. */
function keepPlace({ path }) {
  const text = readFileSync(path, 'utf8');
  const place = relative(dist, path).replaceAll('\\', '/');
  return {
    contents: text.replaceAll('import.meta.url', `import.meta.url.replace(/^(.*\\/dist\\/).*$/, "$1${place}")`),
  };
}

for (const program of ['main', 'docker-attestations']) chmodSync(join(dist, 'cli', `${program}.js`), 0o755);

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(path)) rmSync(path);
}
