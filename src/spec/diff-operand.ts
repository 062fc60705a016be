/** Reads the operands of a comparison: built-in versions, files, and files of git revisions. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { AttestdError } from '../support/foundation/errors.js';
import { buildDescription, type Channel } from './build.js';
import { type Model, readModel } from './diff-model.js';
import type { Json } from './document.js';
import { readText } from './load.js';
import { parseYaml } from './yaml.js';

/** The built-in descriptions by name, with their overlay channels. */
export const builtIn: Readonly<Record<string, readonly Channel[]>> = {
  '1.54': [],
  '1.55': ['standard'],
  '1.55+experimental': ['standard', 'experimental'],
  '1.56': ['standard', 'next'],
};

/**
 * Whether exactly one of two operands is built in. The texts, marks and Go keywords of the built-in descriptions are this
 * project's own, so that only the structure is comparable with a published file.
 *
 * @param a an operand of `readOperand`
 * @param b another operand
 */
export function isBuiltInAgainstFile(a: string, b: string): boolean {
  return Object.hasOwn(builtIn, a) !== Object.hasOwn(builtIn, b);
}

function git(args: readonly string[], cwd: string): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Reads `REV:path` like git: the path is relative to the repository's root, or with `./` to the directory. */
function readRevision(operand: string, cwd: string): string {
  try {
    const blob = git(['rev-parse', '--verify', '--quiet', '--end-of-options', operand], cwd).trim();
    return git(['cat-file', 'blob', blob.split('\n').pop() as string], cwd);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new AttestdError('USAGE', `${operand}: git is not installed`, { cause });
    }
    throw new AttestdError('USAGE', `${operand}: neither a file nor a file of a git revision`, { cause });
  }
}

/**
 * Reads an operand of a comparison.
 *
 * @param operand a built-in version such as `1.55` or `1.55+experimental`; else a file in Swagger 2.0 or OpenAPI 3, YAML or JSON; else
 *   `REV:path`, a file of a git revision
 * @param cwd a directory of the git repository. Default: the working directory
 * @returns the description
 * @throws AttestdError USAGE if the operand does not exist, INVALID_ARGUMENT if it is not a description
 */
export function readOperand(operand: string, cwd: string = process.cwd()): Model {
  const channels = Object.hasOwn(builtIn, operand) ? builtIn[operand] : undefined;
  if (channels) return readModel(buildDescription(channels) as unknown as Json, operand);
  if (existsSync(operand)) return readModel(parseYaml(readText(operand), operand) as Json, operand);
  if (!operand.includes(':')) {
    const names = Object.keys(builtIn).join(', ');
    throw new AttestdError('USAGE', `${operand}: no such file, and none of the built-in ${names}`);
  }
  return readModel(parseYaml(readRevision(operand, cwd), operand) as Json, operand);
}

/**
 * Returns the file of an operand, for reports with line numbers.
 *
 * @param operand an operand of `readOperand`
 * @param cwd a directory of the git repository. Default: the working directory
 * @returns its path in the repository and its text; undefined for a built-in version
 * @throws AttestdError USAGE if the operand does not exist
 */
export function fileOf(operand: string, cwd: string = process.cwd()): { file: string; text: string } | undefined {
  if (Object.hasOwn(builtIn, operand)) return undefined;
  if (existsSync(operand)) return { file: operand, text: readText(operand) };
  return { file: operand.slice(operand.indexOf(':') + 1), text: readRevision(operand, cwd) };
}
