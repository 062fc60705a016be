import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly uses?: string;
  readonly env?: Record<string, string>;
  readonly run?: string;
}

interface Action {
  readonly inputs: Record<string, { description: string; default: string }>;
  readonly outputs: Record<string, { value: string }>;
  readonly runs: { using: string; steps: Step[] };
}

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;

function step(name: string): Step {
  const found = action.runs.steps.find((each) => each.name === name);
  if (!found) throw new Error(`action.yml has no step ${name}`);
  return found;
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly summary: string;
  readonly outputs: Record<string, string>;
}

describe('the GitHub action', () => {
  let dir: string;
  let repository: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'attestd-action-'));
    repository = join(dir, 'repository');
    mkdirSync(join(dir, 'action/dist/cli'), { recursive: true });
    mkdirSync(repository);
    // Where the action is checked out: a build that runs the sources, so that the test needs none.
    const cli = [
      '--import',
      pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
      join(root, 'src/cli/main.ts'),
    ];
    // Its own kind of module, whatever package.json the folder of temporary files may lie below.
    writeFileSync(join(dir, 'action/dist/package.json'), '{"type":"commonjs"}');
    writeFileSync(
      join(dir, 'action/dist/cli/main.js'),
      `const { spawnSync } = require('node:child_process');
const args = [...${JSON.stringify(cli)}, ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status;`,
    );
  });
  afterEach(function () {
    // Many small files, on a busy machine.
    this.timeout(30_000);
    rmSync(dir, { recursive: true, force: true });
  });

  /** Runs a step's commands as a runner does, with its environment made from inputs. */
  function run(name: string, inputs: Record<string, string> = {}, pullRequestBase = ''): Run {
    const { env = {}, run: script = '' } = step(name);
    const values = Object.entries(env).map(([key, expression]) => {
      const value = /^\$\{\{ (.*) \}\}$/
        .exec(expression)?.[1]
        ?.split(' || ')
        .map((term) => {
          if (term === 'github.event.pull_request.base.sha') return pullRequestBase;
          if (term === 'github.event.pull_request.number') return '7';
          if (term === 'github.repository') return 'example/daemon';
          if (term === 'steps.review.outputs.review') return join(dir, 'attestd-review.md');
          if (term.startsWith('contains(')) return inputs.labeled ?? 'false';
          const input = /^inputs\.([\w-]+)$/.exec(term)?.[1] ?? '';
          return inputs[input] ?? action.inputs[input]?.default;
        });
      return [key, value?.find((term) => term !== '') ?? ''];
    });
    writeFileSync(join(dir, 'output'), '');
    writeFileSync(join(dir, 'summary'), '');
    const result = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: repository,
      encoding: 'utf8',
      env: {
        PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
        HOME: dir,
        GITHUB_ACTION_PATH: join(dir, 'action'),
        GITHUB_OUTPUT: join(dir, 'output'),
        GITHUB_STEP_SUMMARY: join(dir, 'summary'),
        RUNNER_TEMP: dir,
        ...Object.fromEntries(values),
      },
    });
    const lines = readFileSync(join(dir, 'output'), 'utf8').split('\n').filter(Boolean);
    return {
      code: result.status,
      stdout: result.stdout,
      summary: readFileSync(join(dir, 'summary'), 'utf8'),
      outputs: Object.fromEntries(lines.map((line) => line.split('=') as [string, string])),
    };
  }

  const git = (cwd: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();

  /** A description with one operation; `gone` takes it away. */
  const description = (gone: boolean): string =>
    `swagger: '2.0'\ninfo: {version: '1.0'}\npaths: {${gone ? '' : '/a: {get: {responses: {200: {description: Done.}}}}'}}\n`;

  /** A repository whose first commit has the operation, and whose working tree lacks it. */
  function makeRepository(at: string): string {
    git(at, 'init', '--quiet', '--initial-branch', 'main');
    mkdirSync(join(at, 'api'));
    writeFileSync(join(at, 'api/swagger.yaml'), description(false));
    git(at, 'add', '.');
    git(at, 'commit', '--quiet', '--message', 'first');
    writeFileSync(join(at, 'api/swagger.yaml'), description(true));
    return git(at, 'rev-parse', 'HEAD');
  }

  it('uses every input that it declares, and no other', () => {
    const text = JSON.stringify(action.runs);
    const used = new Set([...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name));
    expect([...used].sort()).to.deep.equal(Object.keys(action.inputs).sort());
    for (const { description: words } of Object.values(action.inputs)) expect(words).to.match(/\w/);
  });

  it('hands inputs to its commands by the environment only, so that none can become a command', () => {
    for (const { name, shell, run: script, uses } of action.runs.steps) {
      if (uses !== undefined) continue;
      expect(shell, name).to.equal('bash');
      expect(script, name).not.to.include('${{');
    }
  });

  it('sets the outputs that it declares', () => {
    for (const [name, { value }] of Object.entries(action.outputs)) {
      const [, id, output] = /steps\.(\w+)\.outputs\.([\w-]+)/.exec(value) as RegExpExecArray;
      const owner = action.runs.steps.find((each) => each.id === id);
      expect(owner?.run, name).to.include(`echo "${output}=`);
    }
  });

  /** A program on the path of the steps. */
  function program(name: string, script: string): void {
    mkdirSync(join(dir, 'bin'), { recursive: true });
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  it('builds what it runs without what only development needs', () => {
    const place = join(dir, 'action');
    rmSync(join(place, 'dist'), { recursive: true });
    cpSync(join(root, 'src'), join(place, 'src'), { recursive: true });
    for (const name of ['package.json', 'node_modules']) symlinkSync(join(root, name), join(place, name));
    program('npm', `echo "$@" > ${join(dir, 'npm-args')}`);
    // npx fetches one package by its exact version; the test takes the one that is installed.
    program(
      'npx',
      `shift; echo "$1" > ${join(dir, 'npx-package')}; shift; exec ${join(root, 'node_modules/.bin/esbuild')} "$@"`,
    );
    expect(run('Build attestd').code).to.equal(0);
    expect(readFileSync(join(dir, 'npm-args'), 'utf8')).to.match(/^ci --omit=dev --ignore-scripts/);
    expect(readFileSync(join(dir, 'npx-package'), 'utf8')).to.match(/^esbuild@\d+\.\d+\.\d+\n$/);
    const version = execFileSync(process.execPath, [join(place, 'dist/cli/main.js'), '--version'], {
      encoding: 'utf8',
    });
    expect(version).to.match(/\d+\.\d+\.\d+/);
  }).timeout(60_000);

  it('refuses a command that it does not have', () => {
    expect(run('Check the inputs').code).to.equal(0);
    const wrong = run('Check the inputs', { command: 'conformence' });
    expect(wrong.code).to.equal(2);
    expect(wrong.stdout).to.match(/^::error::/);
  });

  it('judges a daemon, and tells verdict, counts and where the reports are', () => {
    const good = run('Conformance', { host: '', only: 'SystemPing', name: 'from-action' });
    expect(good.code).to.equal(0);
    expect(good.outputs.verdict).to.equal('conformant');
    expect(JSON.parse(good.outputs.counts ?? ''))
      .to.include({ failed: 0 })
      .and.have.property('passed')
      .above(5);
    for (const file of ['report', 'junit', 'markdown', 'html'])
      expect(existsSync(join(repository, good.outputs[file] ?? '')), file).to.equal(true);
    expect(good.summary).to.match(/^## Conformance of attestd/);
    expect(good.stdout).to.not.match(/^::error/m);
  }).timeout(60_000);

  it('tells that a profile that was asked for is not there, and that no daemon answers', () => {
    const lacking = run('Conformance', { host: '', only: 'SystemPing', profile: 'engine-1.55', 'api-version': '1.44' });
    expect([lacking.code, lacking.outputs.verdict]).to.deep.equal([1, 'not conformant']);
    const nobody = run('Conformance', { host: 'unix:///nowhere/docker.sock' });
    expect([nobody.code, nobody.outputs.verdict, nobody.outputs.report]).to.deep.equal([2, 'error', undefined]);
  }).timeout(60_000);

  it('posts the report to the pull request, in place of the one before', () => {
    program('gh', `echo "$@" > ${join(dir, 'gh-args')}`);
    expect(run('Comment').code).to.equal(0);
    expect(existsSync(join(dir, 'gh-args'))).to.equal(false);
    mkdirSync(join(repository, 'conformance'));
    writeFileSync(join(repository, 'conformance/report.md'), `## Conformance\n${'x'.repeat(100_000)}`);
    expect(run('Comment').code).to.equal(0);
    expect(readFileSync(join(dir, 'gh-args'), 'utf8')).to.match(
      /^pr comment 7 --body-file .* --edit-last --create-if-none\n$/,
    );
    expect(readFileSync(join(dir, 'attestd-comment.md')).length).to.be.below(65_536);
  });

  it('posts the review of a pull request to the job summary', () => {
    const base = makeRepository(repository);
    const { code, summary, outputs, stdout } = run('Review', {}, base);
    expect(code).to.equal(0);
    expect(stdout).to.include(
      '::error file=api/swagger.yaml,line=3,title=operation-removed::GET /a: operation is gone',
    );
    expect(summary)
      .to.match(/^### API description: /)
      .and.include('operation-removed');
    expect(readFileSync(outputs.review as string, 'utf8')).to.equal(summary);
  }).timeout(60_000);

  it('comments on a pull request once, and updates that comment', () => {
    const log = join(dir, 'gh-args');
    const ids = join(dir, 'gh-ids');
    writeFileSync(ids, '');
    writeFileSync(join(dir, 'attestd-review.md'), '### API description\n');
    program('gh', `case "$*" in *--paginate*) cat ${ids} ;; *) echo "$@" >> ${log} ;; esac`);
    expect(run('Comment on the review').code).to.equal(0);
    writeFileSync(ids, '42\n43\n');
    expect(run('Comment on the review').code).to.equal(0);
    const [created, updated] = readFileSync(log, 'utf8').trim().split('\n');
    expect(created).to.match(/^api --silent repos\/example\/daemon\/issues\/7\/comments --field body=@/);
    expect(updated).to.match(/--method PATCH repos\/example\/daemon\/issues\/comments\/42 --field body=@/);
    expect(readFileSync(join(dir, 'attestd-comment.md'), 'utf8')).to.match(/^<!-- attestd review -->\n### API/);
  });

  it('fails on the changes that it is told to fail on, after posting them', () => {
    makeRepository(repository);
    const failed = run('Review', { base: 'main', 'fail-on': 'breaking' });
    expect(failed.code).to.equal(1);
    expect(failed.summary).to.include('operation-removed');
    const sarif = join(dir, 'api.sarif');
    const accepted = run('Review', { base: 'main', 'fail-on': 'breaking', labeled: 'true', sarif });
    expect(accepted.code, 'with the label that accepts changes').to.equal(0);
    const log = JSON.parse(readFileSync(sarif, 'utf8')) as { runs: { results: { ruleId: string; level: string }[] }[] };
    expect(log.runs[0]?.results[0]).to.include({ ruleId: 'operation-removed', level: 'error' });
    writeFileSync(join(repository, 'api/swagger.yaml'), description(false));
    expect(run('Review', { base: 'main', 'fail-on': 'any' }).code).to.equal(0);
  }).timeout(60_000);

  it('fetches a base that a shallow checkout lacks', () => {
    const origin = join(dir, 'origin');
    mkdirSync(origin);
    const first = makeRepository(origin);
    git(origin, 'commit', '--quiet', '--all', '--message', 'second');
    git(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    git(dir, 'clone', '--quiet', '--depth', '1', `file://${origin}`, repository);
    expect(run('Review', {}, first).summary).to.include('operation-removed');
  }).timeout(60_000);

  it('asks for a base where there is no pull request, and refuses input that is no revision or value', () => {
    makeRepository(repository);
    const without = run('Review');
    expect(without.code).to.equal(2);
    expect(without.stdout).to.match(/^::error::/);
    expect(run('Review', { base: '--upload-pack=touch hacked' }).code).not.to.equal(0);
    expect(existsSync(join(repository, 'hacked'))).to.equal(false);
    expect(run('Review', { base: 'main', 'fail-on': 'nothing' }).code).to.equal(2);
  }).timeout(60_000);
});
