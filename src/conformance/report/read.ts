import { readFileSync } from 'node:fs';
import { AttestdError } from '../../support/foundation/errors.js';
import { checkerOf, parseJson } from './checked.js';
import type { Report } from './model.js';

/** The packaged JSON schema of reports. */
export const reportSchemaFile = new URL('../../../schemas/conformance-report-1.1.json', import.meta.url);

/**
 * Checks a value against the schema of reports.
 * @returns each violation with its place; empty for a report
 */
export function reportViolations(value: unknown): readonly string[] {
  return checkerOf(reportSchemaFile)(value);
}

/**
 * Read a report that `attestd conformance --json` wrote.
 *
 * @throws AttestdError INVALID_ARGUMENT when the file cannot be read, INVALID_JSON when it is not a report of this version
 */
export function readReport(file: string): Report {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AttestdError('INVALID_ARGUMENT', `cannot read ${file}`, { cause });
  }
  const value = parseJson(text, file);
  const violations = reportViolations(value);
  if (violations.length > 0)
    throw new AttestdError(
      'INVALID_JSON',
      `${file} is not a conformance report 1.1: ${violations.slice(0, 3).join('; ')}`,
    );
  return value as Report;
}
