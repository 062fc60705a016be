import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { AttestdError } from '../errors.js';
import type { Daemon } from './daemon.js';
import type { Deviation, Failure } from './outcome.js';

/** A file of known deviations. */
export interface DeviationFile {
  readonly file: string;
  /** API versions of the daemons that it is about. */
  readonly apiVersions: readonly string[];
  readonly deviations: readonly Deviation[];
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

function entry(value: unknown, file: string): Deviation {
  const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  for (const key of keys)
    if (typeof record[key] !== 'string' || record[key] === '')
      throw new AttestdError('INVALID_ARGUMENT', `${file}: a deviation without '${key}'`);
  const stranger = Object.keys(record).find((key) => !keys.includes(key as (typeof keys)[number]));
  if (stranger !== undefined) throw new AttestdError('INVALID_ARGUMENT', `${file}: unknown key '${stranger}'`);
  const text = (key: (typeof keys)[number]): string => String(record[key]).trim();
  const actual = text('actual');
  try {
    new RegExp(actual);
  } catch (cause) {
    throw new AttestdError('INVALID_ARGUMENT', `${file}: '${actual}' is not a regular expression`, { cause });
  }
  return {
    requirement: text('requirement'),
    description: text('description'),
    behaviour: text('behaviour'),
    actual,
    evidence: text('evidence'),
  };
}

/**
 * Parse a file of known deviations.
 *
 * @throws AttestdError INVALID_ARGUMENT when it lacks what a deviation needs
 */
export function parseDeviations(text: string, file: string): DeviationFile {
  const document: unknown = parse(text);
  const { apiVersions, deviations } = (document ?? {}) as { apiVersions?: unknown; deviations?: unknown };
  if (!Array.isArray(apiVersions) || !apiVersions.every((version) => typeof version === 'string'))
    throw new AttestdError('INVALID_ARGUMENT', `${file}: apiVersions is not a list of quoted versions`);
  if (!Array.isArray(deviations)) throw new AttestdError('INVALID_ARGUMENT', `${file}: deviations is not a list`);
  return { file, apiVersions: apiVersions as string[], deviations: deviations.map((value) => entry(value, file)) };
}

/**
 * The known deviations of a daemon, by its API version.
 *
 * @param folder where the files lie, the packaged ones by default
 * @throws AttestdError INVALID_ARGUMENT when a file is broken
 */
export function loadDeviations(daemon: Pick<Daemon, 'apiVersion'>, folder = deviationsFolder): readonly Deviation[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parseDeviations(readFileSync(join(folder, file), 'utf8'), file))
    .filter(({ apiVersions }) => apiVersions.includes(daemon.apiVersion))
    .flatMap(({ deviations }) => deviations);
}
