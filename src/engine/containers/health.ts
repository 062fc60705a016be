import type { Context } from '../context.js';
import type { Container } from './container.js';

/** What the health checks of a container have found so far. */
export interface HealthState {
  status: 'starting' | 'healthy' | 'unhealthy';
  failingStreak: number;
  /** The last five. */
  readonly log: HealthResult[];
}

/** One health check. */
export interface HealthResult {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly exitCode: number;
  /** The beginning of what it wrote. */
  readonly output: string;
}

/** Begin the health checks of a container that was started. */
export function startHealthChecks(_context: Context, _container: Container): void {}

/** End them. */
export function stopHealthChecks(_container: Container): void {}
