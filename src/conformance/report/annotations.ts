import { workflow } from '../../support/foundation/markup.js';
import type { Report, ReportedResult } from './model.js';

function annotation(kind: 'error' | 'warning', { id, title, failure, exchanges }: ReportedResult): string {
  const last = exchanges.at(-1);
  const { message = '', expected = '', actual = '' } = failure ?? {};
  const text = [`${title}: ${message}`, `expected ${expected}`, `got ${actual}`, ...(last ? [last.request] : [])];
  return `::${kind} title=${workflow.escape(id)}::${workflow.escape(text.join('\n'))}`;
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
