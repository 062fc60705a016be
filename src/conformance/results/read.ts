import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { AttestdError } from '../../errors.js';
import { type ConformanceResult, pathOf } from './result.js';

/** The packaged JSON schema of results. */
export const resultSchemaFile = new URL('../../../schemas/conformance-result-1.0.json', import.meta.url);

/**
 * Read every result below a folder.
 *
 * @param folder the repository's `results/`
 * @returns results by their path below the folder, in the order of paths
 * @throws AttestdError INVALID_JSON for a file that is not a result, or that lies where another one belongs
 */
export function readResults(folder: string): ReadonlyMap<string, ConformanceResult> {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
  formats.default(ajv, ['date']);
  const validate = ajv.compile<ConformanceResult>(JSON.parse(readFileSync(resultSchemaFile, 'utf8')));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(sep, '/'))
    .filter((file) => file.endsWith('.json'))
    .sort();
  return new Map(
    files.map((file) => {
      let value: unknown;
      try {
        value = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      } catch (cause) {
        throw new AttestdError('INVALID_JSON', `${file} is not JSON`, { cause });
      }
      if (!validate(value)) {
        const [first] = validate.errors ?? [];
        throw new AttestdError('INVALID_JSON', `${file}: ${first?.instancePath || '/'} ${first?.message}`);
      }
      const belongs = pathOf(value);
      if (belongs !== file) throw new AttestdError('INVALID_JSON', `${file} belongs to ${belongs}`);
      return [file, value];
    }),
  );
}
