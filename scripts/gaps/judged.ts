/** What the requirements of the suite ask of each operation, as a run shows it: which parameters they send, which statuses they see. */

import { parseHost } from '../../src/client/target.js';
import type { Exchange } from '../../src/conformance/api.js';
import { catalogue, everything, type RunOutcome, run } from '../../src/conformance/index.js';
import type { Requirement } from '../../src/conformance/requirement.js';
import { operations } from '../../src/generated/operations.js';
import { startServer } from '../../src/server/index.js';
import { fromPointer } from '../../src/spec/pointer.js';
import type { OperationEntry, ParameterEntry } from '../../src/spec/table.js';

/** For each operation that is judged: `status`, or `status parameter`, and the requirement that sees it. */
export type Judged = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The name of a cell. */
export const cellOf = (status: string, parameter?: ParameterEntry): string =>
  parameter === undefined ? status : `${status} ${parameter.in} ${parameter.name}`;

/** Whether a request sends a parameter. */
function sends(exchange: Exchange, { in: place, name }: ParameterEntry): boolean {
  if (place === 'path') return true;
  if (place === 'body') return (exchange.requestBody?.bytes ?? 0) > 0;
  if (place === 'query') return new URLSearchParams(exchange.path.split('?')[1] ?? '').has(name);
  return Object.keys(exchange.requestHeaders).some((header) => header.toLowerCase() === name.toLowerCase());
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&');

/** Whether a request is one of an operation, at the version that the table describes. */
function isOf(exchange: Exchange, operation: OperationEntry, version: string): boolean {
  if (exchange.method !== operation.method || (exchange.version !== null && exchange.version !== version)) return false;
  const route = (exchange.path.split('?')[0] ?? '').replace(/^\/v\d+\.\d+/, '');
  return new RegExp(`^${escaped(operation.path).replaceAll(/\{[^}]*\}/g, '.+')}$`).test(decoded(route));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** How well a requirement stands for a cell: one that points to the parameter or the status stands first, then a MUST. */
function rank(
  { pointer, level }: Requirement,
  operation: OperationEntry,
  status: string,
  parameter?: ParameterEntry,
): number {
  const [, , , part, key] = pointer === null ? [] : fromPointer(pointer);
  const pointed =
    parameter === undefined
      ? part === 'responses' && key === status
      : part === 'parameters' && operation.parameters[Number(key)] === parameter;
  return (pointed ? 2 : 0) + (level === 'MUST' ? 1 : 0);
}

/**
 * Finds the requirements of each cell: those of the operation that passed, and whose requests sent the parameter and saw the status.
 *
 * @param outcome a run of all requirements
 */
export function judgedBy({ results, apiVersion }: Pick<RunOutcome, 'results' | 'apiVersion'>): Judged {
  const all: Record<string, Record<string, string>> = {};
  for (const operation of operations) {
    const best = new Map<string, { readonly id: string; readonly rank: number }>();
    const offer = (requirement: Requirement, status: string, parameter?: ParameterEntry): void => {
      const cell = cellOf(status, parameter);
      const ranked = rank(requirement, operation, status, parameter);
      // Results come by id, so that of equal ones the first in the alphabet stays.
      if ((best.get(cell)?.rank ?? -1) < ranked) best.set(cell, { id: requirement.id, rank: ranked });
    };
    for (const { requirement, outcome, exchanges } of results) {
      if (outcome !== 'passed' || requirement.operationId !== operation.operationId) continue;
      for (const exchange of exchanges) {
        const status = String(exchange.status);
        if (!(status in operation.responses) || !isOf(exchange, operation, apiVersion)) continue;
        offer(requirement, status);
        for (const parameter of operation.parameters)
          if (sends(exchange, parameter)) offer(requirement, status, parameter);
      }
    }
    if (best.size > 0)
      all[operation.operationId] = Object.fromEntries(
        [...best].sort(([a], [b]) => (a < b ? -1 : 1)).map(([cell, { id }]) => [cell, id]),
      );
  }
  return all;
}

/** Runs the suite on the reference server. */
export async function measure(): Promise<Judged> {
  const server = await startServer({ logLevel: 'error' });
  try {
    const target = parseHost(server.hosts[0] ?? '');
    const selection = { ...everything, destructive: true };
    return judgedBy(
      await run({ target, requirements: catalogue, selection, maxVersion: '1.55', deviations: () => [] }),
    );
  } finally {
    await server.close();
  }
}
