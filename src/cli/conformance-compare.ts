import { compareReports, renderComparison } from '../conformance/report/compare.js';
import { readReport } from '../conformance/report/read.js';
import { command as define } from './command.js';

/** `attestd conformance compare`: reports side by side. */
export const command = define(
  {
    positionals: ['A.json', 'B.json', '[MORE.json…]'],
    flags: { json: { type: 'boolean', help: 'as JSON' } },
    exitCodes: '0 every requirement ended the same in all, 1 some did not, 2 usage or a file that is not a report',
    example: 'attestd conformance compare dockerd.json podman.json',
  },
  ({ values, positionals }) => {
    const comparison = compareReports(positionals.map(readReport));
    process.stdout.write(values.json ? `${JSON.stringify(comparison, undefined, 2)}\n` : renderComparison(comparison));
    return comparison.differences.length + comparison.changedFailures.length > 0 ? 1 : 0;
  },
);
