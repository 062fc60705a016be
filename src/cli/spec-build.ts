/** `attestd spec build` and `attestd spec check`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiFolder, buildText, builtFile } from '../spec/index.js';
import { readText } from '../spec/load.js';
import { parse } from './spec-args.js';

const buildHelp = `usage: attestd spec build [--api DIR] [--output FILE]

Applies the overlays of DIR (standard, experimental, corrections; each in name order) to its base and writes the result.

  --api DIR       a folder with base/ and overlays/ (default: the packaged one)
  --output FILE   where to write; '-' is standard output (default: DIR/swagger.yaml)

example: attestd spec build --api api --output -
`;

const checkHelp = `usage: attestd spec check [--api DIR] [--json]

Fails when DIR/swagger.yaml is not what base and overlays make, or when an overlay action matches nothing.

  --api DIR   a folder with base/, overlays/ and swagger.yaml (default: the packaged one)
  --json      report as JSON: {"file", "matches", "line"}

exit codes: 0 equal, 1 drift or an overlay that does not fit, 2 usage
example: attestd spec check --api api
`;

/**
 * Runs `attestd spec build`.
 *
 * @param args flags
 * @returns the exit code
 * @throws AttestdError USAGE, NOT_FOUND, INVALID_ARGUMENT or OVERLAY
 */
export async function runBuild(args: string[]): Promise<number> {
  const { values } = parse(args, { api: { type: 'string' }, output: { type: 'string' } }, [0, 0]);
  if (values.help) {
    process.stdout.write(buildHelp);
    return 0;
  }
  const api = values.api ?? apiFolder;
  const text = buildText(api);
  const output = values.output ?? join(api, builtFile);
  if (output === '-') process.stdout.write(text);
  else writeFileSync(output, text);
  return 0;
}

/** The number of the first line in which two texts differ, from 1; 0 when they are equal. */
function firstDifference(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [a.split('\n'), b.split('\n')];
  const index = x.findIndex((line, i) => line !== y[i]);
  return (index < 0 ? x.length : index) + 1;
}

/**
 * Runs `attestd spec check`.
 *
 * @param args flags
 * @returns the exit code: 1 when the built file has drifted
 * @throws AttestdError USAGE, NOT_FOUND, INVALID_ARGUMENT or OVERLAY
 */
export async function runCheck(args: string[]): Promise<number> {
  const { values } = parse(args, { api: { type: 'string' }, json: { type: 'boolean' } }, [0, 0]);
  if (values.help) {
    process.stdout.write(checkHelp);
    return 0;
  }
  const api = values.api ?? apiFolder;
  const file = join(api, builtFile);
  const line = firstDifference(readText(file), buildText(api));
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ file, matches: line === 0, line })}\n`);
  } else {
    const verdict =
      line === 0 ? 'is what base and overlays make' : `differs from base and overlays, first in line ${line}`;
    process.stdout.write(`${file} ${verdict}\n`);
  }
  return line === 0 ? 0 : 1;
}
