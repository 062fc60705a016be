import { parseArgs } from 'node:util';
import { catalogue } from '../conformance/index.js';
import { compareReports, renderComparison } from '../conformance/report/compare.js';
import { listRequirements, renderCatalogue, renderList } from '../conformance/report/list.js';
import { readReport } from '../conformance/report/read.js';
import { AttestdError } from '../errors.js';

function parsed(args: readonly string[]) {
  try {
    const options = { json: { type: 'boolean' }, markdown: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new AttestdError('USAGE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * `attestd conformance list`: the catalogue as text, JSON or the document docs/requirements.md.
 *
 * @throws AttestdError USAGE
 */
export function list(args: readonly string[]): number {
  const { values, positionals } = parsed(args);
  if (positionals.length > 0) throw new AttestdError('USAGE', `conformance list takes no '${positionals[0]}'`);
  if (values.json && values.markdown)
    throw new AttestdError('USAGE', 'conformance list: --json or --markdown, not both');
  const text = values.json
    ? `${JSON.stringify(listRequirements(catalogue), undefined, 2)}\n`
    : values.markdown
      ? renderCatalogue(catalogue)
      : renderList(catalogue);
  process.stdout.write(text);
  return 0;
}

/**
 * `attestd conformance compare`: two reports side by side.
 *
 * @returns 0 when every requirement ended the same in both, 1 when some did not
 * @throws AttestdError USAGE, INVALID_ARGUMENT for a file that cannot be read, INVALID_JSON for one that is no report
 */
export function compare(args: readonly string[]): number {
  const { values, positionals } = parsed(args);
  const [a, b, ...more] = positionals;
  if (a === undefined || b === undefined || more.length > 0 || values.markdown)
    throw new AttestdError('USAGE', 'usage: attestd conformance compare A.json B.json [--json]');
  const comparison = compareReports(readReport(a), readReport(b));
  process.stdout.write(values.json ? `${JSON.stringify(comparison, undefined, 2)}\n` : renderComparison(comparison));
  return comparison.differences.length > 0 ? 1 : 0;
}
