import { asList, asObject, asText, asTexts, isObject, type JsonObject, withoutUndefined } from './json-values.js';
import { parseMaterial } from './materials.js';
import type { PolicyConfigSource, PolicyMaterial, PolicyProvenance } from './types.js';

/** Predicate types that are normalized. */
export const provenanceTypes = {
  v1: 'https://slsa.dev/provenance/v1',
  v02: 'https://slsa.dev/provenance/v0.2',
} as const;

const hermetic02 = 'https://mobyproject.org/buildkit@v1#hermetic';
const buildArgument = 'build-arg:';

/** A time in UTC, to the second; undefined for what is none. */
export function wholeSeconds(value: unknown): string | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Build arguments among what a frontend was given. */
function buildArgs(args: unknown): PolicyProvenance['buildArgs'] {
  const found = Object.entries(asTexts(args) ?? {})
    .filter(([name]) => name.startsWith(buildArgument) && name.length > buildArgument.length)
    .map(([name, value]) => [name.slice(buildArgument.length), value]);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function configSource(source: unknown, path: unknown): PolicyConfigSource {
  const { uri, digest } = asObject(source);
  return withoutUndefined({ uri: asText(uri), digest: asTexts(digest), path: asText(path) }) as PolicyConfigSource;
}

const is = (value: unknown): boolean => value === true;

/** Members common to both SLSA versions. */
interface Parts {
  readonly buildType: unknown;
  readonly builder: unknown;
  readonly source: PolicyConfigSource;
  readonly parameters: JsonObject;
  readonly metadata: Partial<PolicyProvenance>;
  readonly materials: unknown;
}

function parts1(predicate: JsonObject): Parts {
  const { buildType, externalParameters, resolvedDependencies } = asObject(predicate.buildDefinition);
  const { configSource: source, request } = asObject(externalParameters);
  const { builder, metadata } = asObject(predicate.runDetails);
  return {
    buildType,
    builder,
    source: configSource(source, asObject(source).path),
    parameters: asObject(request),
    metadata: isObject(metadata) ? metadata1(metadata) : {},
    materials: resolvedDependencies,
  };
}

function parts02(predicate: JsonObject): Parts {
  const { configSource: source, parameters } = asObject(predicate.invocation);
  const { buildType, builder, metadata, materials } = predicate;
  return {
    buildType,
    builder,
    source: configSource(source, asObject(source).entryPoint),
    parameters: asObject(parameters),
    metadata: isObject(metadata) ? metadata02(metadata) : {},
    materials,
  };
}

function metadata1(metadata: JsonObject): Partial<PolicyProvenance> {
  const complete = asObject(metadata.buildkit_completeness);
  return {
    ...withoutUndefined({
      invocationID: asText(metadata.invocationId) ?? asText(metadata.invocationID),
      startedOn: wholeSeconds(metadata.startedOn),
      finishedOn: wholeSeconds(metadata.finishedOn),
    }),
    reproducible: is(metadata.buildkit_reproducible),
    hermetic: is(metadata.buildkit_hermetic),
    completeness: { parameters: is(complete.request), materials: is(complete.resolvedDependencies) },
  };
}

function metadata02(metadata: JsonObject): Partial<PolicyProvenance> {
  const complete = asObject(metadata.completeness);
  return {
    ...withoutUndefined({
      invocationID: asText(metadata.buildInvocationID),
      startedOn: wholeSeconds(metadata.buildStartedOn),
      finishedOn: wholeSeconds(metadata.buildFinishedOn),
    }),
    reproducible: is(metadata.reproducible),
    hermetic: is(metadata[hermetic02]),
    completeness: {
      parameters: is(complete.parameters),
      environment: is(complete.environment),
      materials: is(complete.materials),
    },
  };
}

/**
 * Provenance in the form that buildx gives policies, the same for SLSA v0.2 and v1 (docs/reference/policy.md#the-input).
 *
 * @param statement an in-toto statement, decoded
 * @param annotated the predicate type of the statement's layer, which counts where the statement names none
 * @param platform `os/arch[/variant]` of the image, for materials that name none
 * @returns undefined for other predicates, and for provenance that names neither builder nor type
 */
export function normalizeProvenance(
  statement: JsonObject,
  annotated: string,
  platform?: string,
): PolicyProvenance | undefined {
  const predicate = isObject(statement.predicate) ? statement.predicate : undefined;
  const type = asText(statement.predicateType) ?? annotated;
  if (predicate === undefined || (type !== provenanceTypes.v1 && type !== provenanceTypes.v02)) return undefined;
  const parts = type === provenanceTypes.v1 ? parts1(predicate) : parts02(predicate);
  const buildType = asText(parts.buildType);
  const builderID = asText(asObject(parts.builder).id);
  if (buildType === undefined && builderID === undefined) return undefined;
  const materials = asList(parts.materials)
    .map((one) => parseMaterial(one, 1, platform))
    .filter((one): one is PolicyMaterial => one !== undefined);
  const { args } = parts.parameters;
  return {
    predicateType: type,
    ...withoutUndefined({ buildType, builderID, frontend: asText(parts.parameters.frontend) }),
    ...parts.metadata,
    configSource: parts.source,
    ...withoutUndefined({ buildArgs: buildArgs(args), rawArgs: asTexts(args) }),
    ...(materials.length > 0 && { materials }),
  };
}
