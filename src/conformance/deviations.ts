import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { AttestdError } from '../support/foundation/errors.js';
import type { Daemon } from './daemon.js';
import type { Deviation, Failure } from './outcome.js';
import { matches } from './plan.js';

/** Which daemons a file of deviations is about. */
export interface DeviationKey {
  /** Names of products, e.g. `dockerd`; `*` stands for any text, here and in versions. */
  readonly products: readonly string[];
  /** Versions of the engine, e.g. `28.5.*`. */
  readonly versions: readonly string[];
  /** Image stores. Default: both. */
  readonly stores?: readonly string[];
}

/** A file of known deviations. */
export interface DeviationFile {
  readonly file: string;
  /** None: any daemon. */
  readonly daemon: DeviationKey | undefined;
  readonly deviations: readonly Deviation[];
}

const fits = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => pattern === text || (pattern.includes('*') && matches(pattern, text)));

/** Whether a file is about a daemon. */
function isAbout({ daemon: key }: DeviationFile, daemon: Pick<Daemon, 'product' | 'version' | 'store'>): boolean {
  if (key === undefined) return true;
  const { products, versions, stores } = key;
  return fits(products, daemon.product) && fits(versions, daemon.version) && (stores?.includes(daemon.store) ?? true);
}

/** The known deviation that a failure is, if it is one. */
export function knownAs(
  failure: Failure | undefined,
  requirement: string,
  known: readonly Deviation[],
): Deviation | undefined {
  return known.find(
    (deviation) => deviation.requirement === requirement && new RegExp(deviation.actual).test(failure?.actual ?? ''),
  );
}

/** The packaged folder of known deviations. */
export const deviationsFolder = fileURLToPath(new URL('../../deviations/', import.meta.url));

const keys = ['requirement', 'description', 'behaviour', 'actual', 'evidence'] as const;

function refuse(file: string, what: string, cause?: unknown): never {
  throw new AttestdError('INVALID_ARGUMENT', `${file}: ${what}`, { cause });
}

/** The members of an object, none of them unknown. */
function members(value: unknown, known: readonly string[], file: string, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(file, `${what} is not an object`);
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) refuse(file, `unknown key '${stranger}' of ${what}`);
  return value as Record<string, unknown>;
}

function texts(value: unknown, file: string, what: string): readonly string[] {
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || list.length === 0 || !list.every((one) => typeof one === 'string'))
    refuse(file, `${what} is not a list of texts`);
  return list as string[];
}

function keyOf(value: unknown, file: string): DeviationKey {
  const { products, versions, stores } = members(value, ['products', 'versions', 'stores'], file, 'daemon');
  return {
    products: texts(products, file, 'daemon.products'),
    versions: texts(versions, file, 'daemon.versions'),
    ...(stores === undefined ? {} : { stores: texts(stores, file, 'daemon.stores') }),
  };
}

function entry(value: unknown, file: string): Deviation {
  const record = members(value, [...keys, 'until'], file, 'a deviation');
  for (const key of keys)
    if (typeof record[key] !== 'string' || record[key] === '') refuse(file, `a deviation without '${key}'`);
  const text = (key: (typeof keys)[number]): string => String(record[key]).trim();
  const actual = text('actual');
  try {
    new RegExp(actual);
  } catch (cause) {
    refuse(file, `'${actual}' is not a regular expression`, cause);
  }
  const { until } = record;
  if (
    until !== undefined &&
    (typeof until !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(until) || Number.isNaN(Date.parse(until)))
  )
    refuse(file, `until '${String(until)}' is not a date of the form 2027-06-30`);
  return {
    requirement: text('requirement'),
    description: text('description'),
    behaviour: text('behaviour'),
    actual,
    evidence: text('evidence'),
    ...(typeof until === 'string' ? { until } : {}),
  };
}

/**
 * Parse a file of known deviations (docs/reference/conformance.md, "Known deviations").
 *
 * @throws AttestdError INVALID_ARGUMENT when it lacks what a deviation needs
 */
export function parseDeviations(text: string, file: string): DeviationFile {
  let document: unknown;
  try {
    document = parse(text, { schema: 'core', logLevel: 'error' });
  } catch (cause) {
    refuse(file, 'is not YAML', cause);
  }
  const { daemon, deviations } = members(document, ['daemon', 'deviations'], file, 'the file');
  if (!Array.isArray(deviations)) refuse(file, 'deviations is not a list');
  return {
    file,
    daemon: daemon === undefined ? undefined : keyOf(daemon, file),
    deviations: deviations.map((value) => entry(value, file)),
  };
}

/**
 * Read a file of a daemon's own deviations.
 *
 * @throws AttestdError INVALID_ARGUMENT when it cannot be read or is broken
 */
export function readDeviations(file: string): DeviationFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    refuse(file, 'cannot be read', cause);
  }
  return parseDeviations(text, file);
}

/**
 * Loads the known deviations of a daemon, by product, version and image store.
 *
 * @param daemon identity of the daemon
 * @param own files of deviations in addition to the packaged ones
 * @param folder directory of the packaged files
 * @throws AttestdError INVALID_ARGUMENT if a file is broken
 */
export function loadDeviations(
  daemon: Pick<Daemon, 'product' | 'version' | 'store'>,
  own: readonly DeviationFile[] = [],
  folder = deviationsFolder,
): readonly Deviation[] {
  const packaged = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parseDeviations(readFileSync(join(folder, file), 'utf8'), file));
  return [...own, ...packaged].filter((file) => isAbout(file, daemon)).flatMap(({ deviations }) => deviations);
}

/** Reports whether the last day of a deviation has passed. */
export function isExpired({ until }: Deviation, now: Date): boolean {
  return until !== undefined && now.getTime() >= Date.parse(until) + 24 * 60 * 60 * 1000;
}
