/** Matches findings in recordings with the known deviations of daemons (api/deviations.yaml). */
import { join } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { apiFolder } from './build.js';
import { isObject } from './document.js';
import { readText } from './load.js';
import { fromPointer } from './pointer.js';
import type { Verdict } from './recordings.js';
import { compareVersions } from './versions.js';
import { parseYaml } from './yaml.js';

/** One known deviation. */
export interface Deviation {
  readonly id: string;
  readonly kind: 'violation' | 'unknown';
  readonly operationId: string;
  readonly status: number;
  /** JSON Pointers into the body; `*` stands for any one segment. */
  readonly pointers: readonly string[];
  /** The deviation is known of API versions below this one only. */
  readonly below?: string;
  readonly why: string;
  /** Recordings that show it. */
  readonly evidence: readonly string[];
}

/** A violation or unknown member of a recorded answer. */
export interface Finding {
  /** File and number of the exchange. */
  readonly exchange: string;
  readonly kind: Deviation['kind'];
  readonly operationId: string;
  readonly status: number;
  readonly pointer: string;
  readonly message: string;
}

/** The outcome of matching all findings. */
export interface Account {
  /** Findings that no known deviation covers. */
  readonly unaccounted: readonly Finding[];
  /** Number of findings that each known deviation covers, by id. */
  readonly covered: Readonly<Record<string, number>>;
}

function readDeviation(value: unknown, where: string): Deviation {
  const strings = (list: unknown): list is string[] => Array.isArray(list) && list.every((s) => typeof s === 'string');
  if (
    !isObject(value) ||
    typeof value.id !== 'string' ||
    (value.kind !== 'violation' && value.kind !== 'unknown') ||
    typeof value.operationId !== 'string' ||
    typeof value.status !== 'number' ||
    !strings(value.pointers) ||
    (value.below !== undefined && typeof value.below !== 'string') ||
    typeof value.why !== 'string' ||
    !strings(value.evidence)
  ) {
    throw new AttestdError('INVALID_ARGUMENT', `${where}: not a deviation with all its members`);
  }
  return value as unknown as Deviation;
}

/**
 * Reads known deviations.
 *
 * @param file a file like api/deviations.yaml, which is the default
 * @returns the deviations
 * @throws AttestdError NOT_FOUND, or INVALID_ARGUMENT for a file that does not have the form
 */
export function readDeviations(file: string = join(apiFolder, 'deviations.yaml')): Deviation[] {
  const value = parseYaml(readText(file), file);
  if (!isObject(value) || !Array.isArray(value.deviations)) {
    throw new AttestdError('INVALID_ARGUMENT', `${file}: 'deviations' is no list`);
  }
  return value.deviations.map((entry, index) => readDeviation(entry, `${file}: deviation ${index + 1}`));
}

function matches(pattern: string, pointer: string): boolean {
  const [a, b] = [fromPointer(pattern), fromPointer(pointer)];
  return a.length === b.length && a.every((segment, i) => segment === '*' || segment === b[i]);
}

function covers(deviation: Deviation, finding: Finding, apiVersion: string): boolean {
  return (
    deviation.kind === finding.kind &&
    deviation.operationId === finding.operationId &&
    deviation.status === finding.status &&
    (deviation.below === undefined || compareVersions(apiVersion, deviation.below) < 0) &&
    deviation.pointers.some((pattern) => matches(pattern, finding.pointer))
  );
}

/**
 * Matches the findings of recordings with known deviations.
 *
 * @param verdicts from `judgeRecordings`
 * @param deviations the known deviations
 * @returns the number of covered findings, and the findings without a deviation
 */
export function account(verdicts: readonly Verdict[], deviations: readonly Deviation[]): Account {
  const covered: Record<string, number> = Object.fromEntries(deviations.map(({ id }) => [id, 0]));
  const unaccounted: Finding[] = [];
  for (const { name, exchange, operationId, apiVersion, check } of verdicts) {
    if (!exchange || operationId === undefined || apiVersion === undefined) continue;
    const base = { exchange: name, operationId, status: exchange.status };
    const findings: Finding[] = [
      ...check.violations.map((v) => ({ ...base, kind: 'violation' as const, pointer: v.pointer, message: v.message })),
      ...check.unknown.map((pointer) => ({ ...base, kind: 'unknown' as const, pointer, message: 'is not described' })),
    ];
    for (const finding of findings) {
      const known = deviations.find((deviation) => covers(deviation, finding, apiVersion));
      if (known) covered[known.id] = (covered[known.id] ?? 0) + 1;
      else unaccounted.push(finding);
    }
  }
  return { unaccounted, covered };
}
