/** Checks recorded exchanges with a daemon against the description. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { apiVersion, operations } from '../generated/operations.js';
import { AttestdError } from '../support/foundation/errors.js';
import { isObject } from './document.js';
import { readText } from './load.js';
import type { OperationEntry } from './table.js';
import { type ResponseCheck, validateResponse } from './validate.js';
import { compareVersions } from './versions.js';

/** The parts of a recorded exchange that the check needs. */
export interface Exchange {
  /** File and number, from 1: `topics/events.json#3`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  /** The body as text. Invalid UTF-8 is replaced. */
  readonly body: string;
  /** Whether the recording has only a part of the body. */
  readonly truncated: boolean;
}

/** The outcome of checking an exchange. */
export interface Verdict {
  readonly exchange: Exchange | undefined;
  readonly name: string;
  /** The operation that the request addressed, if the description has it. */
  readonly operationId?: string;
  readonly apiVersion?: string;
  /** The reason why the description does not apply to the exchange. Absent if it applies. */
  readonly outside?: string;
  readonly check: ResponseCheck;
}

const nothing: ResponseCheck = { violations: [], unknown: [] };

function readExchange(value: Record<string, unknown>, name: string): Exchange | undefined {
  const { request, response } = value;
  if (!isObject(request) || !isObject(response)) return undefined;
  const { method, path } = request;
  if (typeof method !== 'string' || typeof path !== 'string' || typeof response.status !== 'number') return undefined;
  const headers = Array.isArray(response.headers) ? (response.headers as [string, string][]) : [];
  const type = headers.find(([header]) => header.toLowerCase() === 'content-type')?.[1] ?? '';
  const body =
    typeof response.bodyBase64 === 'string'
      ? Buffer.from(response.bodyBase64, 'base64').toString('utf8')
      : String(response.body ?? '');
  return {
    name,
    method,
    path,
    status: response.status,
    contentType: type,
    body,
    truncated: response.bodyTruncated === true || (response.body === undefined && response.bodyBase64 === undefined),
  };
}

function matcher(template: string): RegExp {
  // Names can contain slashes, since daemons match them greedily.
  const parts = template.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('(.+)')}$`);
}

const routes = operations
  .map((entry) => ({ entry, pattern: matcher(entry.path), literal: entry.path.replace(/\{[^}]+\}/g, '').length }))
  .sort((a, b) => b.literal - a.literal);

/**
 * Finds the operation that a request addresses.
 *
 * @param method HTTP method
 * @param path the path without version and query
 * @returns the operation, or undefined
 */
export function matchOperation(method: string, path: string): OperationEntry | undefined {
  return routes.find(({ entry, pattern }) => entry.method === method && pattern.test(path))?.entry;
}

/** Returns the path that a daemon routes: decoded, without scheme, host and query. */
function routedPath(target: string): string {
  const path = target.replace(/^http:\/\/[^/]*/, '').split('?')[0] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Checks one exchange against the description.
 *
 * @param exchange the exchange
 * @param range the oldest and the newest API version that the recorded daemon serves
 * @returns the verdict
 */
export function judge(exchange: Exchange, range: readonly [string, string]): Verdict {
  const { name, method, status } = exchange;
  const outside = (reason: string, operationId?: string): Verdict => ({
    exchange,
    name,
    ...(operationId !== undefined && { operationId }),
    outside: reason,
    check: nothing,
  });
  if (status === 301) return outside('a redirection to a cleaned path');
  const versioned = /^\/v(\d+\.\d+(?:\.\d+)?)(\/.*)$/.exec(routedPath(exchange.path));
  const version = versioned?.[1] ?? range[1];
  if (compareVersions(version, range[0]) < 0 || compareVersions(version, range[1]) > 0) {
    return outside(`API version ${version} is outside ${range.join(' to ')}`);
  }
  const path = versioned?.[2] ?? routedPath(exchange.path);
  const entry = matchOperation(method, path);
  if (!entry) return outside('the description has no such method and path');
  const { operationId } = entry;
  if (exchange.truncated) {
    // The status can be checked without the body.
    const { violations } = validateResponse(operationId, status, undefined, version);
    const check = { violations: violations.filter(({ code }) => code === 'status'), unknown: [] };
    return { exchange, name, operationId, apiVersion: version, check };
  }
  if (entry.since !== undefined && compareVersions(entry.since, version) > 0 && status >= 400) {
    return outside(`${operationId} exists since API ${entry.since}`, operationId);
  }
  return {
    exchange,
    name,
    operationId,
    apiVersion: version,
    check: validateResponse(operationId, status, exchange.body, version),
  };
}

function jsonFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (cause) {
    throw new AttestdError('NOT_FOUND', `no folder of recordings at ${folder}`, { cause });
  }
}

/**
 * Checks a directory of recordings against the description.
 *
 * @param folder a directory of .json files, each a list of exchanges
 * @param range the oldest and the newest API version that the recorded daemon serves; default: 1.40 and the description's
 * @returns a verdict for each entry of each file
 * @throws AttestdError NOT_FOUND for a missing or empty directory, INVALID_JSON for a file that is not a JSON list
 */
export function judgeRecordings(folder: string, range: readonly [string, string] = ['1.40', apiVersion]): Verdict[] {
  const files = jsonFiles(folder);
  if (files.length === 0) throw new AttestdError('NOT_FOUND', `no recordings (*.json) in ${folder}`);
  return files.flatMap((file) => {
    const path = join(folder, file);
    let list: unknown;
    try {
      list = JSON.parse(readText(path));
    } catch (cause) {
      if (cause instanceof AttestdError) throw cause;
      throw new AttestdError('INVALID_JSON', `${path}: ${(cause as Error).message}`, { cause });
    }
    if (!Array.isArray(list)) throw new AttestdError('INVALID_JSON', `${path}: not a list of exchanges`);
    return list.map((value: unknown, index): Verdict => {
      const name = `${relative(folder, path)}#${index + 1}`;
      const exchange = isObject(value) ? readExchange(value, name) : undefined;
      return exchange
        ? judge(exchange, range)
        : { exchange, name, outside: 'no exchange over HTTP/1.1', check: nothing };
    });
  });
}
