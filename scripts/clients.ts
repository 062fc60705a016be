/**
 * Generates clients from the description with the generators that people use, compiles them, and calls the reference server with
 * each: `tsx scripts/clients.ts`. The generators are installed in a folder of their own, which is removed in the end.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDaemon } from '../src/testing/server.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsx = import.meta.resolve('tsx');
const packages = [
  '@hey-api/openapi-ts@0.99.0',
  'openapi-fetch@0.17.0',
  'orval@8.38.0',
  'swagger-typescript-api@13.13.0',
  'typescript@5.9.3',
];

/** A generator: what makes its client, and a program that asks for the images and the version of the daemon. */
interface Generator {
  readonly name: string;
  readonly command?: readonly string[];
  readonly program: string;
}

const generators: readonly Generator[] = [
  {
    name: 'hey-api',
    command: ['openapi-ts', '--input', 'openapi.json', '--output', 'hey-api'],
    program: `import { imageList, systemVersion } from './hey-api/index';
const images = (await imageList()).data ?? [];
const version: string | undefined = (await systemVersion()).data?.ApiVersion;
const ids: string[] = images.map((image) => image.Id);
console.log(ids.length, version);`,
  },
  {
    name: 'openapi-fetch',
    program: `import createClient from 'openapi-fetch';
import { readFileSync } from 'node:fs';
import type { paths } from './engine-api';
const { servers } = JSON.parse(readFileSync('openapi.json', 'utf8')) as { servers: { url: string }[] };
const client = createClient<paths>({ baseUrl: servers[0]!.url });
const images = (await client.GET('/images/json')).data ?? [];
const version: string | undefined = (await client.GET('/version')).data?.ApiVersion;
const ids: string[] = images.map((image) => image.Id);
console.log(ids.length, version);`,
  },
  {
    name: 'orval',
    command: ['orval', '--config', 'orval.config.mjs'],
    program: `import { imageList, systemVersion } from './orval/client';
const images = (await imageList()).data;
const version = (await systemVersion()).data;
const ids: string[] = Array.isArray(images) ? images.map((image) => image.Id) : [];
console.log(ids.length, 'ApiVersion' in version ? version.ApiVersion : undefined);`,
  },
  {
    name: 'swagger-typescript-api',
    command: ['swagger-typescript-api', 'generate', '--path', 'openapi.json', '--output', 'sta', '--name', 'client.ts'],
    program: `import { Api } from './sta/client';
const api = new Api();
const images = (await api.images.imageList()).data;
const version: string | undefined = (await api.version.systemVersion()).data.ApiVersion;
const ids: string[] = images.map((image) => image.Id);
console.log(ids.length, version);`,
  },
];

const options = {
  target: 'ES2022',
  module: 'ESNext',
  // Generators leave extensions to bundlers.
  moduleResolution: 'bundler',
  lib: ['ES2023', 'DOM', 'DOM.Iterable'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
};

/** Runs a command of the folder, while the server answers; its output is shown when it fails. */
async function run(folder: string, command: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(command, [...args], { cwd: folder, timeout: 300_000 })).stdout;
}

const folder = mkdtempSync(join(tmpdir(), 'attestd-clients-'));
const daemon = await startDaemon({ listen: 'tcp', images: ['attestd/five-platforms'] });
let failed = 0;
try {
  const description = JSON.parse(readFileSync(join(root, 'src/generated/openapi.json'), 'utf8')) as {
    servers: { url: string }[];
  };
  // The address of the description, with the port of this server.
  const [server] = description.servers as [{ url: string }];
  if (!('port' in daemon.connection)) throw new Error('the server listens on no port');
  server.url = server.url.replace(':2375', `:${daemon.connection.port}`);
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(description));
  cpSync(join(root, 'src/generated/engine-api.ts'), join(folder, 'engine-api.ts'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(
    join(folder, 'orval.config.mjs'),
    `export default { api: { input: 'openapi.json', output: { target: 'orval/client.ts', client: 'fetch', baseUrl: { getBaseUrlFromSpecification: true } } } };\n`,
  );
  await run(folder, 'npm', [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--silent',
    '--save-exact',
    ...packages,
  ]);
  const bin = (name: string): string => join(folder, 'node_modules/.bin', name);
  for (const { name, command, program } of generators) {
    try {
      if (command) await run(folder, bin(command[0] as string), command.slice(1));
      writeFileSync(join(folder, `${name}.ts`), program);
      writeFileSync(
        join(folder, `tsconfig.${name}.json`),
        JSON.stringify({ compilerOptions: options, files: [`${name}.ts`] }),
      );
      await run(folder, bin('tsc'), ['--project', `tsconfig.${name}.json`]);
      const said = (await run(folder, process.execPath, ['--import', tsx, `${name}.ts`])).trim();
      const [images, version] = said.split(' ');
      if (!(Number(images) > 0) || version !== '1.55') throw new Error(`got ${said}`);
      process.stdout.write(`${name}: compiles, and lists ${images} images of API ${version}\n`);
    } catch (error) {
      failed += 1;
      const { stdout = '', message } = error as { stdout?: string; message: string };
      process.stdout.write(`${name}: ${message}\n${stdout}`);
    }
  }
} finally {
  await daemon.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
