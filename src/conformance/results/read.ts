import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { AttestdError } from '../../support/foundation/errors.js';
import { checkerOf, parseJson } from '../report/checked.js';
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
  const violations = checkerOf(resultSchemaFile);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(sep, '/'))
    .filter((file) => file.endsWith('.json'))
    .sort();
  return new Map(
    files.map((file) => {
      const value = parseJson(readFileSync(join(folder, file), 'utf8'), file);
      const [violation] = violations(value);
      if (violation !== undefined) throw new AttestdError('INVALID_JSON', `${file}: ${violation}`);
      const result = value as ConformanceResult;
      const belongs = pathOf(result);
      if (belongs !== file) throw new AttestdError('INVALID_JSON', `${file} belongs to ${belongs}`);
      return [file, result];
    }),
  );
}
