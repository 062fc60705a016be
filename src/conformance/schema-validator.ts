import { operations } from '../generated/operations.js';
import { validateResponse } from '../spec/index.js';
import type { Exchange } from './api.js';
import type { ResponseValidator, SchemaDeviation } from './schema.js';

/** Operations with a pattern for their paths, those without parameters first. */
const routes = operations
  .map(({ operationId, method, path }) => {
    const parts = path.split(/\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return { operationId, method, path, variable: parts.length, pattern: new RegExp(`^${parts.join('(.+)')}$`) };
  })
  .sort((a, b) => a.variable - b.variable || b.path.length - a.path.length);

/** The operation that a request asks for, if the description has it. */
export function operationOf(method: string, target: string): { operationId: string; path: string } | undefined {
  const path = (target.split('?')[0] ?? '').replace(/^\/v[0-9.]+\//, '/');
  return routes.find((route) => route.method === method && route.pattern.test(path));
}

/** The value at a JSON pointer, or nothing. */
function valueAt(body: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      body,
    );
}

/** The JSON documents of an answer; none when it is not JSON or breaks off. */
function documents(exchange: Exchange, operationId: string): readonly unknown[] {
  const type = exchange.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (!/json/.test(type) || exchange.body.length === 0) return [];
  const text = exchange.body.toString('utf8').replaceAll('\u001e', '\n');
  const stream = operationId === 'SystemEvents' && exchange.status === 200;
  try {
    return (stream ? text.split('\n').filter((line) => line.trim() !== '') : [text]).map((part) => JSON.parse(part));
  } catch {
    return [];
  }
}

/** Checks answers against api/swagger.yaml with the project's own response checks. */
export class DescriptionValidator implements ResponseValidator {
  check(
    exchange: Exchange,
    version: string,
  ): { operationId?: string; deviations: SchemaDeviation[]; unknown: SchemaDeviation[] } {
    const operation = operationOf(exchange.method, exchange.path);
    if (!operation) return { deviations: [], unknown: [] };
    const { operationId, path } = operation;
    const found = { operationId, deviations: [] as SchemaDeviation[], unknown: [] as SchemaDeviation[] };
    const method = exchange.method.toLowerCase();
    const pointer = `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/responses`;
    const bodies = documents(exchange, operationId);
    for (const body of bodies.length > 0 ? bodies : [undefined]) {
      // Streams of a load are JSON, but no single document, and the description gives them no schema.
      const { violations, unknown } = validateResponse(operationId, exchange.status, body, version);
      const general = (place: string): string => place.replace(/\/\d+(?=\/|$)/g, '/*');
      for (const { pointer: place, code, message } of violations) {
        if (body === undefined && code !== 'status') continue;
        const inStatus = code === 'status' ? pointer : `${pointer}/${exchange.status}`;
        found.deviations.push({
          operationId,
          pointer: inStatus,
          place: general(place),
          code,
          message,
          example: valueAt(body, place),
        });
      }
      for (const place of unknown) {
        const example = valueAt(body, place);
        const message = 'the description does not know this field';
        found.unknown.push({
          operationId,
          pointer: `${pointer}/${exchange.status}`,
          place: general(place),
          code: 'unknown',
          message,
          example,
        });
      }
    }
    return found;
  }
}
