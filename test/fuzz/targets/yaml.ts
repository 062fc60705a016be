import { parseDescription } from '../../../src/spec/load.js';
import { parseOverlay } from '../../../src/spec/overlay-read.js';
import { parseYaml } from '../../../src/spec/yaml.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { readScripts } from '../../../src/support/sandbox/scripts/read.js';
import { ifTaken, type Target } from '../target.js';

const yaml: Target = {
  name: 'yaml',
  words: [
    '- ',
    ': ',
    '\n  ',
    '&a ',
    '*a',
    '<<: *a',
    '|\n',
    '>-\n',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '#',
    '---\n',
    '!!str ',
    '? ',
    'null',
    '~',
    '0x1f',
    '\t',
  ],
  seeds: [
    'swagger: "2.0"\ninfo: {}\npaths: {}\ndefinitions: {}\n',
    'overlay: 1.0.0\ninfo:\n  title: a\n  version: "1"\nactions:\n  - target: $.paths\n    update:\n      a: 1\n',
    'version: "1.0"\nscripts:\n  - name: a\n    image: busybox\n    exit: 3\n',
    'a: &x [1, *x]\nb: |\n  text\nc: >-\n  folded\n',
  ],
  async run(bytes) {
    const text = bytes.toString();
    ifTaken(() => parseYaml(text, 'fuzz'));
    ifTaken(() => parseDescription(text, 'fuzz'));
    ifTaken(() => parseOverlay(text, 'fuzz'));
    // Making the check of a script takes longer than all the rest.
    if (!text.startsWith('version')) return;
    await readScripts(text, 'fuzz').catch((error: unknown) => {
      if (!(error instanceof AttestdError)) throw error;
    });
  },
};

export const yamlTargets: readonly Target[] = [yaml];
