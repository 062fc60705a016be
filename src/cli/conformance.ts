import { writeFileSync } from 'node:fs';
import { catalogue, exitCode, type Report, runConformance } from '../conformance/index.js';
import type { Result } from '../conformance/outcome.js';
import { renderTerminal } from '../conformance/report/terminal.js';
import type { RunningServer } from '../server/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import { command as define } from './command.js';
import {
  type ConformanceOptions,
  conformanceFlags,
  conformanceOptions,
  type ReportForm,
} from './conformance-options.js';

const renderings: Readonly<Record<ReportForm, (report: Report) => Promise<string> | string>> = {
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
  junit: async (report) => (await import('../conformance/report/junit.js')).renderJunit(report),
  markdown: async (report) => (await import('../conformance/report/markdown.js')).renderMarkdown(report),
  html: async (report) => (await import('../conformance/report/html.js')).renderHtml(report),
};

/** Live progress on standard error: one changing line on a terminal, one line per failure elsewhere. */
function progress(quiet: boolean): (result: Result, done: number, of: number) => void {
  if (quiet) return () => undefined;
  const live = process.stderr.isTTY;
  return (result, done, of) => {
    const { outcome, requirement } = result;
    const bad = outcome === 'failed' || outcome === 'error';
    if (live) process.stderr.write(`\r\u001b[K[${done}/${of}] ${requirement.id}${done === of ? '\r\u001b[K' : ''}`);
    if (bad) process.stderr.write(`${live ? '\r\u001b[K' : ''}${outcome} ${requirement.level} ${requirement.id}\n`);
  };
}

/** The reference server in this process, on a socket of its own, with a store that ends with it. */
async function referenceServer({ channel }: ConformanceOptions): Promise<RunningServer> {
  const { startServer } = await import('../server/index.js');
  return startServer({ channel, logLevel: 'none' });
}

/**
 * Aborts on the first Ctrl-C or SIGTERM, so that the run removes its images. The second one ends the process
 * immediately.
 */
function interruptible(): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    process.stderr.write(
      '\ninterrupted: removing what was loaded; `attestd conformance cleanup` removes what a second Ctrl-C leaves\n',
    );
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const done = (): void => {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  };
  return { signal: controller.signal, done };
}

/**
 * Write the reports that were asked for.
 *
 * @throws AttestdError INVALID_ARGUMENT when a file cannot be written
 */
async function write(report: Report, files: ConformanceOptions['files']): Promise<void> {
  for (const [form, file] of Object.entries(files)) {
    const text = await renderings[form as ReportForm](report);
    try {
      writeFileSync(file, text);
    } catch (cause) {
      throw new AttestdError('INVALID_ARGUMENT', `cannot write ${file}: ${(cause as Error).message}`, { cause });
    }
  }
}

async function judgeAndReport(options: ConformanceOptions): Promise<number> {
  const { signal, done } = interruptible();
  const reference = options.host === undefined ? await referenceServer(options) : undefined;
  try {
    const report = await runConformance({
      ...options.selection,
      host: options.host ?? reference?.hosts[0] ?? '',
      signal,
      deviations: options.deviations,
      onResult: progress(options.quiet),
      ...(options.apiVersion !== undefined && { apiVersion: options.apiVersion }),
      ...(options.run !== undefined && { name: options.run }),
    });
    process.stdout.write(renderTerminal(report));
    if (options.annotate)
      process.stdout.write((await import('../conformance/report/annotations.js')).renderAnnotations(report));
    await write(report, options.files);
    return exitCode(report, options.strict);
  } finally {
    await reference?.close();
    done();
  }
}

/** `attestd conformance`: judge a daemon and write reports. */
export const command = define(
  {
    flags: conformanceFlags,
    notes: ['Without --host the reference server is started and judged; DOCKER_HOST is not looked at.'],
    exitCodes: '0 conformant, 1 a MUST failed, 2 wrong usage or no daemon, 3 the suite broke or was interrupted',
    example: 'attestd conformance --host unix:///var/run/docker.sock --html report.html',
  },
  ({ values }) => judgeAndReport(conformanceOptions(values, catalogue)),
);
