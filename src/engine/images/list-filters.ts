import { annotations } from '../../attestations/annotations.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isDangling } from '../../oci/index-file.js';
import { isConfigType, isManifestType } from '../../oci/media-types.js';
import { familiarName, familiarString, formatReference, repositoryName, tagNameOnly } from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { type Handler, stop, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { compileGlob } from '../../support/go/path-match.js';
import { parseGoTime } from '../../support/go/rfc3339.js';
import type { Context } from '../context.js';
import { type Filters, flagOf, valuesOf } from '../filters.js';
import { maxLabelLength } from '../limits.js';
import { nanoseconds, parseTime } from '../timestamps.js';
import { bestManifest } from './manifests.js';
import { parseNormalized, resolveImage } from './names.js';

/** Whether an image passes the filters. */
export type ImageFilter = (image: ImageRecord) => Promise<boolean> | boolean;

/**
 * Creates the filter of image list and prune (docs/reference/behavior/images.md#filters): before, since, until, label,
 * label!, dangling, reference. An image must pass all filters and match one of the references.
 *
 * @throws NOT_FOUND for an unknown image in before or since; INVALID_ARGUMENT with dockerd's text
 */
export async function imageFilter(context: Context, filters: Filters): Promise<ImageFilter> {
  const tests: ImageFilter[] = [];
  for (const name of valuesOf(filters, 'before')) tests.push(...(await byAge(context, name, (a, b) => a < b)));
  for (const name of valuesOf(filters, 'since')) tests.push(...(await byAge(context, name, (a, b) => a > b)));
  for (const value of valuesOf(filters, 'until')) tests.push(byTime(context, value));
  const checks = [...labelChecks(filters, 'label'), ...labelChecks(filters, 'label!')];
  if (checks.length > 0) tests.push((image) => hasLabels(context, image.target, checks));
  if (filters.has('dangling')) {
    const dangling = flagOf(filters, 'dangling', false);
    tests.push((image) => isDangling(image) === dangling);
  }
  const patterns = valuesOf(filters, 'reference');
  if (patterns.length > 0) tests.push(referenceFilter(patterns));
  return async (image) => {
    for (const test of tests) if (!(await test(image))) return false;
    return true;
  };
}

async function createdAt(context: Context, image: ImageRecord): Promise<bigint | undefined> {
  const { manifests: documents } = context;
  const manifest = await documents.manifest(await bestManifest(context, image, 'strict', undefined));
  const { created } = await documents.config(manifest.config);
  return created === undefined ? undefined : parseGoTime(created).nanoseconds;
}

async function byAge(
  context: Context,
  name: string,
  compare: (candidate: bigint, other: bigint) => boolean,
): Promise<ImageFilter[]> {
  const other = await createdAt(context, resolveImage(context.store, name));
  if (other === undefined) return [];
  const test: ImageFilter = async (image) => {
    try {
      const candidate = await createdAt(context, resolveImage(context.store, image.name));
      return candidate !== undefined && compare(candidate, other);
    } catch (error) {
      if (error instanceof AttestdError) return false;
      throw error;
    }
  };
  return [test];
}

function byTime(context: Context, value: string): ImageFilter {
  let limit: bigint;
  try {
    limit = parseTime(value, context.clock());
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', `invalid value for 'until' filter: ${(error as Error).message}`);
  }
  return (image) => nanoseconds(image.createdAt) < limit;
}

/** Creates the filter for `reference`. As in dockerd, a malformed pattern matches no image. */
function referenceFilter(patterns: readonly string[]): ImageFilter {
  const matchers = patterns.map((pattern) => {
    try {
      return compileGlob(pattern);
    } catch {
      return undefined;
    }
  });
  return ({ name }) => {
    const named = parseNormalized(name);
    if (named === undefined) return false;
    const forms = [
      familiarString(named),
      familiarName(named),
      formatReference(tagNameOnly(named)),
      repositoryName(named),
    ];
    for (const matches of matchers) {
      // dockerd stops at the first malformed pattern, after the patterns before it.
      if (matches === undefined) return false;
      if (forms.some(matches)) return true;
    }
    return false;
  };
}

/** A label that a configuration must have, or must not. */
interface LabelCheck {
  readonly key: string;
  /** Undefined when only the key counts. */
  readonly value: string | undefined;
  readonly negated: boolean;
}

function labelChecks(filters: Filters, filter: 'label' | 'label!'): readonly LabelCheck[] {
  return valuesOf(filters, filter).map((text) => {
    const at = text.indexOf('=');
    const key = at < 0 ? text : text.slice(0, at);
    const value = at < 0 ? undefined : text.slice(at + 1);
    const length = Buffer.byteLength(key) + Buffer.byteLength(value ?? '');
    if (length > maxLabelLength) {
      const shown = key.length > 64 ? key.slice(0, 64) : key;
      throw new AttestdError(
        'INVALID_ARGUMENT',
        `label key and value length (${length} bytes) greater than maximum size (${maxLabelLength} bytes), key: ${shown}: invalid argument`,
      );
    }
    const flipped = key.endsWith('!');
    return { key: flipped ? key.slice(0, -1) : key, value, negated: (filter === 'label!') !== flipped };
  });
}

/** Whether the configuration of any platform passes all checks. Attestations have no labels and are skipped. */
async function hasLabels(context: Context, target: Descriptor, checks: readonly LabelCheck[]): Promise<boolean> {
  const { manifests: documents } = context;
  let passed = false;
  const search: Handler = async (descriptor) => {
    const notes = descriptor.annotations ?? {};
    if (isManifestType(descriptor.mediaType) && Object.hasOwn(notes, annotations.referenceType)) return [];
    if (!(await documents.has(descriptor.digest))) return [];
    if (!isConfigType(descriptor.mediaType)) return (await documents.children(descriptor)) ?? [];
    const labels = (await documents.config(descriptor)).config.Labels ?? {};
    passed = checks.every((check) => passes(check, labels));
    return passed ? stop : [];
  };
  await walk(target, async (descriptor) => {
    try {
      return await search(descriptor);
    } catch (error) {
      context.debug(`labels of ${descriptor.digest} cannot be checked: ${(error as Error).message}`);
      return [];
    }
  });
  return passed;
}

function passes({ key, value, negated }: LabelCheck, labels: Readonly<Record<string, string>>): boolean {
  if (!Object.hasOwn(labels, key)) return negated;
  return value === undefined ? !negated : (labels[key] === value) !== negated;
}
