/** Lints api/swagger.yaml and its OpenAPI form with Redocly's rules and the project's own: `tsx scripts/lint-spec.ts`. */
import { fileURLToPath } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';
import { readDescription } from '../src/spec/load.js';
import { lintDescription } from './spec-rules.js';

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    'operation-description': 'error',
    'parameter-description': 'error',
    'tag-description': 'error',
    'no-duplicated-tag-names': 'error',
    'no-invalid-schema-examples': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-parameter-examples': 'error',
    'spec-strict-refs': 'error',
    // Facts of the published API, which an overlay may not change:
    // some operations declare no 4xx, and a session only a 101;
    'operation-4xx-response': 'off',
    'operation-2xx-response': 'off',
    // messages of streams are described, and no operation can refer to them in this format;
    'no-unused-components': 'off',
    // the description of another project's API states no license.
    'info-license': 'off',
  },
});

let count = 0;
for (const name of ['api/swagger.yaml', 'src/generated/openapi.json']) {
  for (const { ruleId, message, location } of await lint({ ref: file(name), config })) {
    // The linter does not know this project's extension, which holds a schema.
    if (ruleId === 'spec-strict-refs' && location[0]?.pointer?.includes('/x-item-schema/')) continue;
    process.stdout.write(`${name}${location[0]?.pointer ?? ''}: ${ruleId}: ${message}\n`);
    count++;
  }
}
for (const { rule, pointer, message } of lintDescription(readDescription(file('api/swagger.yaml')))) {
  process.stdout.write(`api/swagger.yaml#${pointer}: ${rule}: ${message}\n`);
  count++;
}
process.stdout.write(`${count} findings\n`);
process.exitCode = count > 0 ? 1 : 0;
