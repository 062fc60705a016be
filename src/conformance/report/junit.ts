import { xml as xmlTemplate } from '../../support/foundation/markup.js';
import type { Report, ReportedResult } from './model.js';

const { escape: xml } = xmlTemplate;

function detail({ failure, exchanges, why, pointer }: ReportedResult): string {
  const last = exchanges.at(-1);
  return [
    `expected: ${failure?.expected ?? ''}`,
    `actual: ${failure?.actual ?? ''}`,
    ...(last ? [`request: ${last.request}`, `response: ${last.status}`] : []),
    ...(pointer ? [`description: api/swagger.yaml#${pointer}`] : []),
    `why: ${why}`,
  ].join('\n');
}

function testcase(result: ReportedResult): string {
  const head = `<testcase classname="${xml(result.operationId)}" name="${xml(result.id)}" time="${(result.durationMs / 1000).toFixed(3)}"`;
  const message = xml(result.failure?.message ?? result.reason);
  switch (result.outcome) {
    case 'passed':
      return `${head}/>`;
    case 'skipped':
    case 'blocked':
    case 'unsupported':
      return `${head}><skipped message="${xml(`${result.outcome}: ${result.reason}`)}"/></testcase>`;
    case 'error':
      return `${head}><error message="${message}">${xml(detail(result))}</error></testcase>`;
    default:
      if (result.deviation)
        return `${head}><skipped message="${xml(`known deviation: ${result.deviation.behaviour}`)}"/></testcase>`;
      if (result.level === 'SHOULD')
        return `${head}><skipped message="${xml(`failed SHOULD: ${result.failure?.message ?? ''}`)}"/></testcase>`;
      return `${head}><failure type="MUST" message="${message}">${xml(detail(result))}</failure></testcase>`;
  }
}

/**
 * A report as JUnit XML, one suite for each operation. A failed SHOULD and a known deviation are shown as skipped with
 * their reason, since JUnit has no word for them and CI systems stop at failures.
 */
export function renderJunit(report: Report): string {
  const suites = new Map<string, ReportedResult[]>();
  for (const result of report.results)
    suites.set(result.operationId, [...(suites.get(result.operationId) ?? []), result]);
  const blocks = [...suites].map(([name, results]) => {
    const cases = results.map(testcase);
    const counted = (tag: string): number => cases.filter((text) => text.includes(`<${tag} `)).length;
    const time = results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
    const counts = `tests="${cases.length}" failures="${counted('failure')}" errors="${counted('error')}" skipped="${counted('skipped')}"`;
    return `  <testsuite name="${xml(name)}" ${counts} time="${time.toFixed(3)}" timestamp="${report.startedAt}">\n${cases.map((text) => `    ${text}`).join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="attestd conformance">\n${blocks.join('\n')}\n</testsuites>\n`;
}
