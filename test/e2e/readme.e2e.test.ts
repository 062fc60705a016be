import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { skip } from '../helpers/record.js';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { type Finished, run } from './support/run.js';
import { DOCKER, describeWith, type Tool } from './support/tools.js';

const CURL: Tool = { name: 'curl', variable: 'ATTESTD_CURL' };
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');

/** The code block behind a mark such as `<!-- run: docker -->`. */
function block(mark: string): string {
  const found = new RegExp(`<!-- ${mark} -->\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(readme)?.[1];
  if (found === undefined) throw new Error(`README.md has no block marked '${mark}'`);
  return found;
}

/** Runs a shell script from the project's folder as a reader of the README would. */
function shell(script: string, daemon: Pick<Daemon, 'host'>, tool: string): Promise<Finished> {
  const env = {
    DOCKER_HOST: daemon.host,
    DOCKER_CONFIG: '/nonexistent',
    PATH: `${dirname(tool)}${delimiter}${process.env.PATH}`,
  };
  return run('bash', ['-euc', `cd '${root}'\n${script}`], { env });
}

describeWith(DOCKER, 'the README’s first minutes with the docker CLI', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;

  before(async () => {
    daemon = await startDaemon();
  });

  after(() => daemon?.stop());

  it('go as written', async () => {
    const { code, stdout, stderr } = await shell(block('run: docker'), daemon, path);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.contain('Loaded image: hello:attested').and.to.contain('Untagged: hello:mine');
  });

  describeWith(CURL, 'and with curl', (curl) => {
    it('show attestations, a statement and the statements of inspect', async () => {
      const { code, stdout, stderr } = await shell(block('run: curl'), daemon, curl);
      expect(code, stderr).to.equal(0);
      const answers = stdout.split('\n').filter((line) => line !== '');
      expect(answers).to.have.length(3);
      expect(JSON.parse(answers[0] ?? '')).to.have.length(2);
      expect(answers[1]).to.contain('"Statement":{"_type":');
      expect(answers[2]).to.contain('"Statements":[{"_type":');
    });
  });
});

describeWith(DOCKER, 'the README’s demonstration of a policy', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;

  before(async function () {
    // The policy is the server's own: a real daemon has none.
    if (process.env.ATTESTD_E2E_HOST) skip(this, 'the daemon of ATTESTD_E2E_HOST has no policy');
    daemon = await startDaemon(['--policy', join(root, 'examples/policies/builder.tar.gz')]);
  });

  after(() => daemon?.stop());

  it('goes as written: what is attested runs, and what is not is refused with the reason', async () => {
    const { code, stdout } = await shell(`exec 2>&1\n${block('run: policy')}`, daemon, path);
    const lines = stdout.split('\n').filter((line) => line !== '' && !line.includes('--help'));
    expect([code, `${lines.join('\n')}\n`]).to.eql([0, block('output: policy')]);
  });
});

/**
 * With ATTESTD_REAL_HOST=unix://PATH the gate stands before that daemon, of 29.6 or later, for earlier ones give no
 * statements. Its images of the demonstration are removed.
 */
const real = process.env.ATTESTD_REAL_HOST;

describeWith(
  DOCKER,
  `the README’s demonstration through attestd gate${real ? ` before ${real}` : ''}`,
  function (path) {
    this.timeout(60_000);
    const main = join(root, 'dist/cli/main.js');
    const policy = join(root, 'examples/policies/builder.tar.gz');
    const names = ['app:attested', 'app:unattested'];
    let folder: string;
    let daemon: Pick<Daemon, 'host' | 'stop'>;
    let direct: DockerCli;
    let gate: ChildProcess;

    before(async () => {
      daemon = real ? { host: real, stop: async () => 0 } : await startDaemon();
      direct = new DockerCli(path, daemon.host);
      folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-readme-'));
      const args = ['gate', '--policy', policy, '--host', daemon.host, '--listen', `unix://${folder}/gate.sock`];
      gate = spawn(process.execPath, [main, ...args, '--audit', join(folder, 'audit.jsonl'), '--exit-with-parent'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [said] = (await once(gate.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
      expect(said.toString()).to.include('the gate is ready');
    });

    after(async () => {
      gate?.kill('SIGTERM');
      await direct?.try(['rmi', '--force', ...names]);
      await daemon?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it('goes as written, in the gate’s words, and leaves no container', async () => {
      const host = `unix://${folder}/gate.sock`;
      const { code, stdout } = await shell(`exec 2>&1\n${block('run: policy')}`, { host }, path);
      const lines = stdout.split('\n').filter((line) => line !== '' && !line.includes('--help'));
      const written = block('output: policy').replace('is denied by policy', 'may not run');
      expect([code, `${lines.join('\n')}\n`]).to.eql([0, written]);
      for (const name of names)
        expect(await direct.lines('ps', '--all', '--quiet', '--filter', `ancestor=${name}`)).to.deep.equal([]);
      const audit = (await readFile(join(folder, 'audit.jsonl'), 'utf8')).trimEnd().split('\n');
      const decisions = audit.map((line) => JSON.parse(line) as { decision: string; operation: string; image: string });
      expect(decisions.map(({ decision, operation, image }) => [decision, operation, image])).to.deep.equal([
        ['allow', 'ContainerCreate', 'app:attested'],
        ['allow', 'ContainerStart', 'app:attested'],
        ['deny', 'ContainerCreate', 'app:unattested'],
      ]);
    });
  },
);

describe('the README’s examples in TypeScript', function () {
  this.timeout(60_000);
  const examples = [...readme.matchAll(/<!-- compile -->\n```ts\n(.*?)```/gs)].map(([, text]) => text as string);

  it('are there', () => {
    expect(examples).to.have.length(2);
  });

  for (const example of examples)
    it(`compile: ${example.split('\n', 1)[0]}`, () => {
      const name = join(root, 'example.ts');
      const options: ts.CompilerOptions = {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
      };
      const host = ts.createCompilerHost(options);
      const { readFile, fileExists } = host;
      host.readFile = (file) => (file === name ? example : readFile(file));
      host.fileExists = (file) => file === name || fileExists(file);
      host.getSourceFile = (
        (getSourceFile) => (file, version) =>
          file === name ? ts.createSourceFile(file, example, version) : getSourceFile(file, version)
      )(host.getSourceFile);
      const found = ts.getPreEmitDiagnostics(ts.createProgram([name], options, host));
      expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).to.deep.equal([]);
    });
});
