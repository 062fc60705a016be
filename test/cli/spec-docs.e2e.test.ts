import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** With ATTESTD_UPDATE_DOCS=1 the pages are written anew instead of compared. */
const update = process.env.ATTESTD_UPDATE_DOCS === '1';

function page(name: string): string {
  return readFileSync(join(root, 'docs', name), 'utf8');
}

function check(name: string, expected: string): void {
  if (update) writeFileSync(join(root, 'docs', name), expected);
  expect(page(name)).to.equal(expected);
}

/** Runs commands in one shell, each with the output of both streams. */
function runCommands(commands: readonly string[], dir: string): string[] {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const main = join(root, 'src/cli/main.ts');
  writeFileSync(join(bin, 'attestd'), `#!/bin/sh\nexec '${process.execPath}' --import '${tsx}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  const mark = '-- end of a command --';
  const script = commands.map((command) => `${command}\nstatus=$?\necho '${mark}'\n(exit $status)\n`).join('');
  const { stdout, status, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-c', `exec 2>&1\n${script}true`], {
    cwd: dir,
    encoding: 'utf8',
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: dir,
      ATTESTD: root,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 't',
      GIT_AUTHOR_EMAIL: 't@example.test',
      GIT_COMMITTER_NAME: 't',
      GIT_COMMITTER_EMAIL: 't@example.test',
    },
  });
  expect(status, stderr).to.equal(0);
  return stdout.split(`${mark}\n`).slice(0, -1);
}

describe('docs/guides/review-an-api-change.md', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'attestd-docs-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('shows what its commands really print', () => {
    const text = page('guides/review-an-api-change.md');
    const blocks = [...text.matchAll(/```console\n(.*?)```/gs)];
    const commands = blocks.map(([, body]) =>
      [...(body as string).matchAll(/^\$ (.*)$/gm)].map(([, line]) => line as string),
    );
    expect(commands.flat()).to.have.length.greaterThan(10);
    const outputs = runCommands(commands.flat(), dir);
    expect(outputs).to.have.length(commands.flat().length);
    let next = 0;
    const shown = commands.map((lines) => lines.map((line) => `$ ${line}\n${outputs[next++]}`).join(''));
    let block = 0;
    check(
      'guides/review-an-api-change.md',
      text.replaceAll(/```console\n.*?```/gs, () => `\`\`\`console\n${shown[block++]}\`\`\``),
    );
  }).timeout(300_000);
});
