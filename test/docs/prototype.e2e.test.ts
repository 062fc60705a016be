import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../e2e/support/run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/guides/prototype-an-endpoint.md'), 'utf8');

/** The code block behind a mark such as `<!-- run: client -->`. */
function block(mark: string): string {
  const found = new RegExp(`<!-- ${mark} -->\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/guides/prototype-an-endpoint.md has no block marked '${mark}'`);
  return found;
}

/** Starts the server with the page's arguments on a free port, gives its lines until the address, and what ends it. */
async function serve(folder: string, args: readonly string[]): Promise<{ lines: string[]; end: () => Promise<void> }> {
  const main = join(root, 'src/cli/main.ts');
  const loader = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', loader, main, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('export DOCKER_HOST=')) break;
  }
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
  };
  return { lines, end };
}

describe('docs/guides/prototype-an-endpoint.md', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-prototype-'));
    for (const file of ['licences.yaml', 'licences.mjs']) writeFileSync(join(folder, file), block(`file: ${file}`));
    writeFileSync(join(folder, 'client.mjs'), block('run: client'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the page's client against the server with some more arguments. */
  async function call(...more: string[]): Promise<{ lines: string[]; stdout: string }> {
    const [command = ''] = block('run: serve').split('\n');
    const args = command.replace('$ attestd ', '').replace(':2375', ':0').split(' ');
    const { lines, end } = await serve(folder, [...args, ...more]);
    try {
      const DOCKER_HOST = lines.at(-1)?.replace('export DOCKER_HOST=', '');
      const { code, stdout, stderr } = await run(process.execPath, [join(folder, 'client.mjs')], {
        env: { DOCKER_HOST },
      });
      expect(code, stderr).to.equal(0);
      return { lines, stdout };
    } finally {
      await end();
    }
  }

  it('goes as written, from the overlay to the client', async () => {
    const { lines, stdout } = await call();
    const [, ...written] = block('run: serve').trim().split('\n');
    expect(lines.slice(0, -1)).to.deep.equal(written.slice(0, -1));
    expect(stdout.trim()).to.equal(block('output: client').trim());
  });

  it('has a handler that takes the operation over', async () => {
    const { lines, stdout } = await call('--handlers', 'licences.mjs');
    expect(lines).to.include('answered by your handlers: ImageLicences');
    expect(stdout).to.contain('"Asked":1');
  });
});
