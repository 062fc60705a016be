import type { Report, ReportedResult } from './model.js';

/** Text as a workflow command has it: its own marks are escaped, so that no daemon's text becomes another command. */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function annotation(kind: 'error' | 'warning', { id, title, failure, exchanges }: ReportedResult): string {
  const last = exchanges.at(-1);
  const { message = '', expected = '', actual = '' } = failure ?? {};
  const text = [`${title}: ${message}`, `expected ${expected}`, `got ${actual}`, ...(last ? [last.request] : [])];
  return `::${kind} title=${property(id)}::${data(text.join('\n'))}`;
}

/**
 * Renders the failures of a report as annotations of a GitHub job: an error for each unexpected MUST, a warning for
 * each SHOULD.
 */
export function renderAnnotations({ results }: Report): string {
  const failed = results.filter(({ outcome, deviation }) => outcome === 'failed' && !deviation);
  const lines = [
    ...failed.filter(({ level }) => level === 'MUST').map((result) => annotation('error', result)),
    ...failed.filter(({ level }) => level === 'SHOULD').map((result) => annotation('warning', result)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
