import { join } from 'node:path';
import { apiFolder, buildText, builtFile } from '../spec/index.js';
import { readText } from '../spec/load.js';
import { command as define } from './command.js';

const flags = {
  api: {
    type: 'string',
    value: 'DIR',
    help: 'a folder with base/, overlays/ and swagger.yaml; the packaged one without it',
  },
  json: { type: 'boolean', help: 'report as JSON: file, matches, line' },
} as const;

/** The number of the first line in which two texts differ, from 1; 0 when they are equal. */
function firstDifference(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [a.split('\n'), b.split('\n')];
  const index = x.findIndex((line, i) => line !== y[i]);
  return (index < 0 ? x.length : index) + 1;
}

/** `attestd spec check`. */
export const command = define(
  {
    flags,
    exitCodes: '0 equal, 1 drift or an overlay that does not fit, 2 usage',
    example: 'attestd spec check --api api',
  },
  ({ values }) => {
    const api = values.api ?? apiFolder;
    const file = join(api, builtFile);
    const line = firstDifference(readText(file), buildText(api));
    const verdict =
      line === 0 ? 'is what base and overlays make' : `differs from base and overlays, first in line ${line}`;
    process.stdout.write(
      values.json ? `${JSON.stringify({ file, matches: line === 0, line })}\n` : `${file} ${verdict}\n`,
    );
    return line === 0 ? 0 : 1;
  },
);
