import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiFolder, buildText, builtFile } from '../spec/index.js';
import { command as define } from './command.js';

const flags = {
  api: { type: 'string', value: 'DIR', help: 'a folder with base/ and overlays/; the packaged one without it' },
  output: {
    type: 'string',
    value: 'FILE',
    help: "where to write, '-' for standard output; DIR/swagger.yaml without it",
  },
} as const;

/** `attestd spec build`. */
export const command = define(
  {
    flags,
    notes: [
      'Applies the overlays of DIR (standard, experimental, corrections; each in name order) to its base and writes the result.',
    ],
    example: 'attestd spec build --api api --output -',
  },
  ({ values }) => {
    const api = values.api ?? apiFolder;
    const text = buildText(api);
    const output = values.output ?? join(api, builtFile);
    if (output === '-') process.stdout.write(text);
    else writeFileSync(output, text);
    return 0;
  },
);
