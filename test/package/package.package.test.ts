import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { execute, install, type Packed, pack, root, temporary } from './project.js';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
  dependencies: Record<string, string>;
};

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

describe('the package', () => {
  const { path: folder, remove } = temporary();
  const project = join(folder, 'project');
  let packed: Packed;

  before(async function () {
    this.timeout(300_000);
    packed = await pack(folder);
    await install(project, {
      attestd: `file:${packed.tarball}`,
      dockerode: '*',
      mocha: '*',
      vitest: '*',
      '@types/dockerode': '*',
      '@types/node': '*',
    });
  });

  after(remove);

  it('has what a user needs and nothing else', () => {
    const kinds = new Set(
      packed.files.map(({ path }) =>
        path.replace(/^(dist|api|fixtures\/layouts|fixtures\/program|deviations|schemas)\/.*/, '$1/'),
      ),
    );
    // npm 9 packs the README of every folder that has packed files.
    kinds.delete('fixtures/README.md');
    expect([...kinds].sort()).to.deep.equal(
      [
        'LICENSE',
        'README.md',
        'api/',
        'deviations/',
        'dist/',
        'fixtures/layouts/',
        'fixtures/program/',
        'package.json',
        'schemas/',
      ]
        .concat(packed.files.some(({ path }) => path === 'CHANGELOG.md') ? ['CHANGELOG.md'] : [])
        .sort(),
    );
    const strangers = packed.files.filter(({ path }) =>
      /\.(?:map|test\.|tsbuildinfo)|\.built|(?<!\.d)\.ts$/.test(path),
    );
    expect(strangers).to.deep.equal([]);
    for (const { path } of packed.files)
      if (path.endsWith('.js') && path.startsWith('dist/') && !path.startsWith('dist/chunks/'))
        expect(existsSync(join(root, path.replace(/^dist\/(.*)\.js$/, 'src/$1.ts'))), path).to.equal(true);
  });

  it('declares what its entry points lead to and nothing beside', () => {
    const declared = new Set(packed.files.map(({ path }) => path).filter((path) => path.endsWith('.d.ts')));
    const reached = new Set<string>();
    const reach = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const [, other = ''] of readFileSync(join(root, path), 'utf8').matchAll(/["'](\.[^"'\n]*)\.js["']/g))
        reach(posix.join(posix.dirname(path), `${other}.d.ts`));
    };
    for (const entry of Object.values(manifest.exports))
      if (typeof entry !== 'string') reach(entry.types.replace('./', ''));
    expect([...declared].sort()).to.deep.equal([...reached].sort());
  });

  it('is of the size that the README gives', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, size, unpacked] = /below (\d+(?:\.\d+)?) MB packed, (\d+(?:\.\d+)?) MB unpacked/.exec(readme) ?? [];
    for (const [told, bytes] of [
      [size, packed.size],
      [unpacked, packed.unpackedSize],
    ] as const) {
      expect(bytes).to.be.below(Number(told) * 1e6);
      // A limit that is far off says nothing.
      expect(bytes).to.be.above(Number(told) * 0.6e6);
    }
  });

  it('installs nothing that runs a script', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, LockEntry>;
    };
    const production = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    expect(production.length).to.be.above(Object.keys(manifest.dependencies).length);
    expect(production.filter(([, { hasInstallScript }]) => hasInstallScript === true)).to.deep.equal([]);
  });

  it('has a file for each entry of its exports', async () => {
    const installed = join(project, 'node_modules/attestd');
    for (const [entry, target] of Object.entries(manifest.exports))
      for (const path of typeof target === 'string' ? [target] : Object.values(target))
        if (!path.includes('*')) expect(existsSync(join(installed, path)), entry).to.equal(true);
    const script = [
      "import { readFileSync } from 'node:fs';",
      "import { fileURLToPath } from 'node:url';",
      ...Object.entries(manifest.exports)
        .filter(([, target]) => typeof target !== 'string')
        .map(([entry]) => `await import('attestd${entry.slice(1)}');`),
      ...['openapi.json', 'swagger.yaml', 'schemas/conformance-report-1.1.json', 'package.json'].map(
        (entry) => `readFileSync(fileURLToPath(import.meta.resolve('attestd/${entry}')));`,
      ),
    ];
    writeFileSync(join(project, 'entries.mjs'), script.join('\n'));
    await execute(project, process.execPath, 'entries.mjs');
  });

  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ] as const)
    it(`has types that compile in a strict project, with moduleResolution ${moduleResolution}`, async () => {
      const sources = join(project, moduleResolution);
      mkdirSync(sources);
      cpSync(join(root, 'test/package/consumer/types.ts'), join(sources, 'types.ts'));
      const pages = ['docs/guides/test-a-client.md', 'docs/guides/prototype-an-endpoint.md']
        .map((name) => readFileSync(join(root, name), 'utf8'))
        .join('\n');
      const blocks = [...pages.matchAll(/<!-- compile -->\n```ts\n([\s\S]*?)```/g)].map(([, text = '']) => text);
      expect(blocks).to.have.length.above(3);
      const files = ['types.ts', ...blocks.map((_, i) => `testing-${i}.ts`)];
      for (const [i, text] of blocks.entries()) writeFileSync(join(sources, `testing-${i}.ts`), text);
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
        target: 'es2022',
        types: ['node'],
        module,
        moduleResolution,
      };
      writeFileSync(join(sources, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      await execute(project, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', sources);
    });

  it('lets a test of ten lines with dockerode pass', async () => {
    cpSync(join(root, 'test/package/consumer/ten-lines.mjs'), join(project, 'ten-lines.mjs'));
    await execute(project, process.execPath, 'ten-lines.mjs');
  });

  it('has a command that judges a daemon', async () => {
    const { stdout } = await execute(project, 'npx', '--offline', 'attestd', 'conformance', '--only', 'SystemPing');
    expect(stdout).to.match(/\b\d+ passed/);
  });

  it('has a command that serves until it is told to end', async () => {
    const server = spawn('npx', ['--offline', 'attestd', 'serve', '--quiet'], { cwd: project, detached: true });
    try {
      const line = await new Promise<string>((resolve, reject) => {
        server.stdout.once('data', (piece: Buffer) => resolve(piece.toString()));
        server.once('exit', (code) => reject(new Error(`attestd serve ended with ${code}`)));
      });
      expect(line).to.match(/^unix:\/\/\S+\n$/);
      const ended = new Promise((resolve) => server.once('close', resolve));
      process.kill(-(server.pid as number), 'SIGTERM');
      await ended;
      expect(existsSync(line.trim().slice('unix://'.length))).to.equal(false);
    } finally {
      if (server.exitCode === null && server.signalCode === null) process.kill(-(server.pid as number), 'SIGKILL');
    }
  });

  for (const runner of ['mocha', 'vitest', 'node-test'])
    it(`is used by the example for ${runner}`, async () => {
      const example = join(project, 'examples', runner);
      cpSync(join(root, 'examples', runner), example, { recursive: true });
      const { devDependencies } = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8')) as {
        devDependencies: Record<string, string>;
      };
      expect(devDependencies.attestd).to.equal(`^${manifest.version}`);
      for (const name of Object.keys(devDependencies))
        expect(existsSync(join(project, 'node_modules', name)), name).to.equal(true);
      const { stdout } = await execute(example, 'npm', 'test');
      expect(stripVTControlCharacters(stdout)).to.match(/3 passing|Tests +3 passed|pass 3\b/);
    });

  const light: Readonly<Record<string, readonly string[]>> = {
    'attestd/types': [],
    'attestd/client': [],
    attestd: [],
    'attestd/fixtures': [],
  };
  for (const [entry, allowed] of Object.entries(light))
    it(`loads no other package for ${entry}`, async () => {
      const hook =
        "export async function resolve(what, context, next) { const found = await next(what, context); process._rawDebug('loaded ' + found.url); return found; }";
      const script = `
        import { register } from 'node:module';
        register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
        await import(${JSON.stringify(entry)});
      `;
      writeFileSync(join(project, 'light.mjs'), script);
      const { stderr } = await execute(project, process.execPath, 'light.mjs');
      const loaded = [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url = '']) => url);
      expect(loaded.some((url) => url.includes('/node_modules/attestd/'))).to.equal(true);
      const others = loaded.filter((url) => url.includes('/node_modules/') && !url.includes('/node_modules/attestd/'));
      expect(others).to.deep.equal(allowed);
    });
});
