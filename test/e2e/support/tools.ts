import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that the tests drive, and the variable that names it where it is not on the PATH. */
export interface Tool {
  readonly name: string;
  readonly variable: string;
}

export const DOCKER: Tool = { name: 'docker', variable: 'ATTESTD_DOCKER' };
export const SKOPEO: Tool = { name: 'skopeo', variable: 'ATTESTD_SKOPEO' };

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a tool: what its variable says, else the first on the PATH; undefined where there is none. */
export function findTool(tool: Tool): string | undefined {
  const named = process.env[tool.variable];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, tool.name)).find(executable);
}

/**
 * A suite that needs a program. Without the program its tests are shown pending with the reason in the title; in CI they
 * fail instead, because there the program belongs to the set-up.
 */
export function describeWith(tool: Tool, title: string, body: (this: Mocha.Suite, path: string) => void): void {
  const path = findTool(tool);
  if (path !== undefined) {
    describe(title, function () {
      body.call(this, path);
    });
    return;
  }
  const reason = `no ${tool.name} on the PATH and ${tool.variable} is not set`;
  if (process.env.CI === 'true') {
    describe(title, () => {
      it(`has ${tool.name}`, () => {
        throw new Error(reason);
      });
    });
    return;
  }
  describe(`${title} (pending: ${reason})`, function () {
    this.pending = true;
    body.call(this, tool.name);
  });
}
