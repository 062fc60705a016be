import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { execute, install, pack, root, temporary } from './project.js';

/** The files that the guide shows, by path. */
function examples(): Map<string, string> {
  const page = readFileSync(join(root, 'docs/guides/test-runners.md'), 'utf8');
  return new Map(
    [...page.matchAll(/```\w+ file=(\S+)\n([\s\S]*?)```/g)].map(([, path, text]) => [path as string, text as string]),
  );
}

const releases = { typescript: ['5.5.4', '5.9.3', 'latest'], node: ['20', '22', '24', 'latest'] };

describe('a project of a user', () => {
  const { path: folder, remove } = temporary();
  const project = join(folder, 'project');
  let online = true;

  /** Installs packages of the public registry, which may be out of reach. */
  const add = async (into: string, ...packages: readonly string[]): Promise<boolean> => {
    try {
      await execute(into, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save', ...packages);
      return true;
    } catch {
      return false;
    }
  };

  before(async function () {
    this.timeout(300_000);
    const packed = await pack(folder);
    await install(project, { attestd: `file:${packed.tarball}`, dockerode: '*', mocha: '*', vitest: '*' });
    for (const [path, text] of examples()) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), text);
    }
    const more = join(folder, 'more');
    mkdirSync(more);
    writeFileSync(join(more, 'package.json'), '{"private":true}');
    const types = releases.node.map((version) => `node-${version}@npm:@types/node@${version}`);
    const compilers = releases.typescript.map(
      (version) => `typescript-${version.replaceAll('.', '-')}@npm:typescript@${version}`,
    );
    online = await add(more, 'jest@30', ...types, ...compilers);
  });

  after(remove);

  it('runs the example for node:test', async function () {
    this.timeout(60_000);
    const { stdout } = await execute(join(project, 'node-test'), process.execPath, '--test', 'images.test.mjs');
    expect(stdout).to.match(/pass 1\b/);
  });

  it('runs the example for vitest', async function () {
    this.timeout(60_000);
    const { stdout } = await execute(join(project, 'vitest'), 'npx', 'vitest', 'run');
    expect(stdout).to.match(/1 passed/);
  });

  it('runs the example for mocha in CommonJS', async function () {
    this.timeout(60_000);
    const { stdout } = await execute(join(project, 'mocha'), 'npx', 'mocha', 'images.test.cjs');
    expect(stdout).to.match(/1 passing/);
  });

  for (const [name, flags] of [
    ['jest-setup', []],
    ['jest-modules', ['--experimental-vm-modules']],
  ] as const) {
    it(`runs the example ${name}`, async function () {
      this.timeout(120_000);
      if (!online) this.skip();
      const jest = join(folder, 'more/node_modules/jest/bin/jest.js');
      const { stderr } = await execute(join(project, name), process.execPath, ...flags, jest, '--rootDir', '.');
      expect(stderr).to.match(/1 passed/);
    });
  }

  it('loads every entry point by require', async () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    const names = Object.entries(exports)
      .filter(([, target]) => typeof target !== 'string')
      .map(([name]) => name.replace('.', 'attestd'));
    expect(names).to.include('attestd/server');
    const script = names.map((name) => `require(${JSON.stringify(name)});`).join('');
    await execute(project, process.execPath, '--input-type=commonjs', '--eval', script);
  });

  for (const typescript of releases.typescript) {
    for (const node of releases.node) {
      it(`compiles with TypeScript ${typescript} and @types/node ${node}, libraries checked`, async function () {
        this.timeout(240_000);
        // The newest @types/node does not compile with the oldest TypeScript.
        if (!online || (node === 'latest' && typescript === releases.typescript[0])) this.skip();
        const more = join(folder, 'more/node_modules');
        const compiler = join(more, `typescript-${typescript.replaceAll('.', '-')}`);
        const place = join(folder, `types-${typescript}-${node}`);
        mkdirSync(join(place, 'node_modules/@types'), { recursive: true });
        cpSync(join(more, `node-${node}`), join(place, 'node_modules/@types/node'), { recursive: true });
        cpSync(join(project, 'node_modules/undici-types'), join(place, 'node_modules/undici-types'), {
          recursive: true,
          force: true,
          errorOnExist: false,
        });
        for (const name of ['attestd', 'undici', 'yaml', 'koa', 'pino']) {
          const from = join(project, 'node_modules', name);
          if (existsSync(from)) cpSync(from, join(place, 'node_modules', name), { recursive: true });
        }
        const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
          exports: Record<string, unknown>;
        };
        const names = Object.entries(exports)
          .filter(([, target]) => typeof target !== 'string')
          .map(([name]) => name.replace('.', 'attestd'));
        writeFileSync(
          join(place, 'all.ts'),
          names.map((name, i) => `import * as m${i} from '${name}';\nexport { m${i} };\n`).join(''),
        );
        writeFileSync(join(place, 'package.json'), '{"type":"module"}');
        for (const [module, moduleResolution] of [
          ['NodeNext', 'NodeNext'],
          ['ESNext', 'Bundler'],
        ]) {
          const compilerOptions = {
            strict: true,
            noEmit: true,
            skipLibCheck: false,
            target: 'ES2022',
            lib: ['es2023'],
            module,
            moduleResolution,
            types: ['node'],
          };
          writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['all.ts'] }));
          await execute(
            place,
            process.execPath,
            join(compiler, existsSync(join(compiler, 'bin/tsc')) ? 'bin/tsc' : 'lib/tsc.js'),
            '-p',
            '.',
          );
        }
      });
    }
  }
});
