import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentRelease } from '../../../src/engine/release.js';
import { compareVersions } from '../../../src/engine/versions.js';
import { recordSkipped } from '../../helpers/record.js';

/** A program that the tests drive, and the variable that names it where it is not on the PATH. */
export interface Tool {
  readonly name: string;
  readonly variable: string;
  /** Debian's package, where it has another name than the program. */
  readonly debianPackage?: string;
  /** Arguments with which it asks something of the daemon at an address; none for tools that choose no version. */
  readonly ask?: (host: string) => readonly string[];
}

export const DOCKER: Tool = {
  name: 'docker',
  variable: 'ATTESTD_DOCKER',
  debianPackage: 'docker-cli',
  ask: (host) => ['--host', host, 'version'],
};
export const SKOPEO: Tool = {
  name: 'skopeo',
  variable: 'ATTESTD_SKOPEO',
  ask: (host) => ['--insecure-policy', 'inspect', '--daemon-host', host, 'docker-daemon:none:none'],
};

/** A registry to talk to; it asks no daemon, and neither do the others. */
export const REGISTRY: Tool = { name: 'docker-registry', variable: 'ATTESTD_REGISTRY' };
export const CRANE: Tool = { name: 'crane', variable: 'ATTESTD_CRANE' };
export const ORAS: Tool = { name: 'oras', variable: 'ATTESTD_ORAS' };
export const UMOCI: Tool = { name: 'umoci', variable: 'ATTESTD_UMOCI' };
export const COMPOSE: Tool = { name: 'docker-compose', variable: 'ATTESTD_COMPOSE' };
/** A Python that has docker-py. */
export const DOCKER_PY: Tool = { name: 'python3-docker', variable: 'ATTESTD_DOCKER_PY' };
export const COSIGN: Tool = { name: 'cosign', variable: 'ATTESTD_COSIGN' };

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

/** The API version that a client speaks to a daemon of the newest one; undefined when it names none. */
function spokenVersion(path: string, args: readonly string[]): string | undefined {
  const script = fileURLToPath(new URL('./spoken-version.mjs', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [script, path, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return stdout.trim() || undefined;
}

/** Why a tool cannot be used, if it cannot. */
export function unusable(tool: Tool, path: string | undefined): string | undefined {
  if (path === undefined)
    return `${tool.name} not found (apt install ${tool.debianPackage ?? tool.name}, or set ${tool.variable})`;
  const version = tool.ask && spokenVersion(path, tool.ask('HOST'));
  if (version === undefined || compareVersions(version, currentRelease.minimumApi) >= 0) return undefined;
  return `${tool.name} speaks API ${version}, and no daemon of today speaks less than ${currentRelease.minimumApi}`;
}

/**
 * Declares a suite that needs a program. If the program is missing, or too old for any daemon, its tests are skipped.
 *
 * @throws Error where the set-up has to provide all tools (`skip` in test/helpers/record.ts)
 */
export function describeWith(tool: Tool, title: string, body: (this: Mocha.Suite, path: string) => void): void {
  const path = findTool(tool);
  const reason = unusable(tool, path);
  describe(title, function () {
    this.pending = reason !== undefined;
    body.call(this, path ?? tool.name);
    if (reason !== undefined) recordSkipped(this.total(), reason);
  });
}
