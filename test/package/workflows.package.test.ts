import { execFile, execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { expect } from 'chai';
import { parse } from 'yaml';
import { startDaemon } from '../../src/testing/server.js';
import { root } from './project.js';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
}

interface Workflow {
  readonly on: Readonly<Record<string, { branches?: string[]; tags?: string[] } | null>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly uses?: string;
        readonly needs?: string;
        readonly permissions?: Readonly<Record<string, string>>;
        readonly 'timeout-minutes'?: number;
        readonly strategy?: { readonly matrix: { readonly node: readonly string[] } };
        readonly container?: { readonly image: string; readonly options: string };
        readonly steps?: readonly Step[];
      }
    >
  >;
}

/** Inputs of the actions that workflows use, as the actions define them. */
const inputs: Readonly<Record<string, readonly string[]>> = {
  'actions/checkout': ['ref', 'fetch-depth', 'persist-credentials', 'path', 'submodules'],
  'actions/setup-node': ['node-version', 'node-version-file', 'registry-url', 'scope', 'cache', 'check-latest'],
};

const folder = join(root, '.github/workflows');
const names = readdirSync(folder).sort();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const workflow = (name: string): Workflow => parse(read(`.github/workflows/${name}`)) as Workflow;
const manifest = JSON.parse(read('package.json')) as {
  version: string;
  engines: { node: string };
  repository: { url: string };
};

describe('the workflows', () => {
  it('are two', () => {
    expect(names).to.deep.equal(['ci.yml', 'release.yml']);
  });

  for (const name of names) {
    it(`${name} is what GitHub's own schema allows`, () => {
      const { context } = parseWorkflow(
        { name, content: read(`.github/workflows/${name}`) },
        new NoOperationTraceWriter(),
      );
      expect(context.errors.getErrors().map(({ message }) => message)).to.deep.equal([]);
    });

    it(`${name} gives actions inputs that they have, jobs little time and no more rights than they need`, () => {
      const { jobs, permissions } = workflow(name);
      expect(permissions).to.deep.equal({ contents: 'read' });
      for (const job of Object.values(jobs)) {
        if (job.uses === undefined) expect(job['timeout-minutes']).to.be.within(1, 60);
        else expect(existsSync(join(root, job.uses))).to.equal(true);
        for (const step of job.steps ?? []) {
          if (step.uses === undefined) continue;
          const [action = '', version] = step.uses.split('@');
          expect(version, step.uses).to.match(/^v\d+$/);
          expect(inputs, step.uses).to.have.property(action);
          for (const input of Object.keys(step.with ?? {})) expect(inputs[action], step.uses).to.include(input);
        }
      }
    });
  }

  it('run .ci/run on every version of Node that the package supports', () => {
    const { test } = workflow('ci.yml').jobs;
    const versions = test?.strategy?.matrix.node ?? [];
    expect(versions).to.deep.equal(['20.19', '22', '24']);
    expect(manifest.engines.node).to.equal(`>=${versions[0]}`);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of the workflow
    expect(test?.container?.image).to.equal('node:${{ matrix.node }}-bookworm');
    expect(test?.steps?.map(({ run }) => run)).to.include('.ci/run');
    accessSync(join(root, '.ci/run'), constants.X_OK);
  });

  it('publish a tag after the tests, with provenance and only if it is the version', () => {
    const { on, jobs } = workflow('release.yml');
    expect(on).to.deep.equal({ push: { tags: ['v*'] } });
    const { publish } = jobs;
    expect(publish?.needs).to.equal('ci');
    expect(publish?.permissions).to.deep.equal({ contents: 'read', 'id-token': 'write' });
    const runs = (publish?.steps ?? []).map(({ run = '' }) => run);
    expect(runs.at(-1)).to.equal('npm publish --provenance --access public');
    const check = runs.find((run) => run.includes('$TAG')) ?? '';
    const passes = (tag: string): boolean => {
      try {
        execFileSync('bash', ['-e', '-c', check], { cwd: root, env: { ...process.env, TAG: tag } });
        return true;
      } catch {
        return false;
      }
    };
    expect(passes(`v${manifest.version}`)).to.equal(true);
    expect(passes('v0.0.0')).to.equal(false);
  });

  it('belong to the repository that package.json and the docs name', () => {
    const [, repository = ''] = /github\.com\/([^/]+\/[^/]+)\.git$/.exec(manifest.repository.url) ?? [];
    expect(read('docs/guides/run-conformance-in-ci.md')).to.contain(`uses: ${repository}@v${manifest.version}`);
  });
});

describe('the Containerfile', () => {
  const instructions = read('Containerfile')
    .replace(/\\\n/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^([A-Z]+) +(.*)$/.exec(line.trim()) ?? ['', '', ''])
    .map(([, name = '', rest = '']) => ({ name, rest }));
  const last = (name: string): string => instructions.filter((each) => each.name === name).at(-1)?.rest ?? '';

  it('installs the packed tarball on a plain Node and runs as a user without rights', () => {
    const bases = instructions.filter(({ name }) => name === 'FROM').map(({ rest }) => rest);
    expect(bases).to.deep.equal(['node:20-slim AS package', 'node:20-slim']);
    expect(last('RUN')).to.match(/npm install --global .*attestd-\*\.tgz/);
    expect(last('USER')).to.equal('node');
  });

  it('listens where it says, and is found healthy there', async () => {
    const port = last('EXPOSE');
    expect(JSON.parse(last('ENTRYPOINT'))).to.deep.equal(['attestd']);
    expect(JSON.parse(last('CMD'))).to.deep.equal(['serve', '--listen', `tcp://0.0.0.0:${port}`]);
    const probe = /CMD (\[.*\])$/.exec(last('HEALTHCHECK'))?.[1] ?? '[]';
    const [, ...args] = JSON.parse(probe) as string[];
    const healthy = async (at: string): Promise<boolean> => {
      const words = args.map((word) => word.replace(`:${port}/`, `:${at}/`));
      return new Promise((resolve) => execFile(process.execPath, words, (error) => resolve(error === null)));
    };
    const daemon = await startDaemon({ listen: 'tcp' });
    const { port: taken } = new URL(daemon.host);
    expect(await healthy(taken)).to.equal(true);
    await daemon.close();
    expect(await healthy(taken)).to.equal(false);
  });

  it('is built without what was built or installed here', () => {
    expect(read('.containerignore').split('\n')).to.include.members(['.git', 'dist', 'node_modules']);
  });
});
