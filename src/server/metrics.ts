import type { RequestRecord } from './request-record.js';

/** What the server counts, in the text format of Prometheus. */
export interface Metrics {
  readonly contentType: string;
  /** Count an exchange. */
  count(record: RequestRecord): void;
  /** The state of all counters. */
  render(): Promise<string>;
}

/** Seconds up to which answers are counted apart. */
const buckets = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/**
 * Make the server's counters: requests, their time and the bytes of their answers, by operation, and what Node knows of
 * the process. The library is loaded here, for most runs have no counters.
 */
export async function createMetrics(): Promise<Metrics> {
  const { Counter, collectDefaultMetrics, Histogram, Registry } = (await import('prom-client')).default;
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: 'attestd_' });
  const registers = [register];
  const requests = new Counter({
    name: 'attestd_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['method', 'operation', 'status', 'cached'],
    registers,
  });
  const seconds = new Histogram({
    name: 'attestd_request_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['operation'],
    buckets,
    registers,
  });
  const bytes = new Counter({
    name: 'attestd_response_bytes_total',
    help: 'Bytes of the bodies of answers.',
    labelNames: ['operation'],
    registers,
  });
  return {
    contentType: register.contentType,
    count: ({ method, operationId: operation = 'none', status, cached, ms, bytes: sent }) => {
      requests.inc({ method, operation, status, cached: String(cached) });
      seconds.observe({ operation }, ms / 1000);
      bytes.inc({ operation }, sent);
    },
    render: () => register.metrics(),
  };
}
