import type { ControlRoutes } from './control.js';
import { isLogged, type Log, type LogLevel } from './log.js';
import type { RequestRecord } from './request-record.js';

/** How a server is watched. */
export interface ObservabilityOptions {
  readonly log: Log;
  /** The least level that is logged; each request has a line at `info`. */
  readonly logLevel: LogLevel;
  /** `unix:///path` of the control socket; none without it. */
  readonly control: string | undefined;
  /** What the control socket answers besides. */
  readonly routes?: ControlRoutes | undefined;
}

/** What watches a server. */
export interface Observability {
  /** Gets a record of each request; undefined where nobody looks, so that none is made. */
  readonly record: ((record: RequestRecord) => void) | undefined;
  /** Say from now on that the server is about to end. */
  drain(): void;
  close(): Promise<void>;
}

/** One line a request. */
function line(log: Log): (record: RequestRecord) => void {
  return ({ target, ms, operationId, apiVersion, ...rest }) =>
    log('info', 'request', { ...rest, target, operationId, version: apiVersion, ms: Math.round(ms * 1000) / 1000 });
}

/**
 * Watch a server: a line of the log for each request, and the control socket with `GET /healthz` (200 `ok`, 503 once the
 * server is about to end) and `GET /metrics`.
 *
 * @throws AttestdError as `startControl`
 */
export async function observeServer({
  log,
  logLevel,
  control,
  routes: others,
}: ObservabilityOptions): Promise<Observability> {
  const logged = isLogged('info', logLevel) ? line(log) : undefined;
  if (control === undefined) return { record: logged, drain: () => undefined, close: async () => undefined };
  const [{ startControl, answerText }, { createMetrics }] = await Promise.all([
    import('./control.js'),
    import('./metrics.js'),
  ]);
  const metrics = await createMetrics();
  let ending = false;
  const routes: ControlRoutes = {
    ...others,
    'GET /healthz': (_request, response) =>
      ending ? answerText(response, 503, 'ending\n') : answerText(response, 200, 'ok\n'),
    'GET /metrics': async (_request, response) =>
      answerText(response, 200, await metrics.render(), metrics.contentType),
  };
  const socket = await startControl(control, routes);
  return {
    record: (record) => {
      metrics.count(record);
      logged?.(record);
    },
    drain: () => {
      ending = true;
    },
    close: () => socket.close(),
  };
}
