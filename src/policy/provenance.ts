import { parseMaterial } from './materials.js';
import { defined, isShape, list, type Shape, shape, text, texts } from './shape.js';
import type { PolicyConfigSource, PolicyMaterial, PolicyProvenance } from './types.js';

/** Predicate types of provenance that is normalised. */
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
  const found = Object.entries(texts(args) ?? {})
    .filter(([name]) => name.startsWith(buildArgument) && name.length > buildArgument.length)
    .map(([name, value]) => [name.slice(buildArgument.length), value]);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function configSource(source: unknown, path: unknown): PolicyConfigSource {
  const { uri, digest } = shape(source);
  return defined({ uri: text(uri), digest: texts(digest), path: text(path) }) as PolicyConfigSource;
}

const is = (value: unknown): boolean => value === true;

/** What is of both versions, from where each has it. */
interface Parts {
  readonly buildType: unknown;
  readonly builder: unknown;
  readonly source: PolicyConfigSource;
  readonly parameters: Shape;
  readonly metadata: Partial<PolicyProvenance>;
  readonly materials: unknown;
}

function parts1(predicate: Shape): Parts {
  const { buildType, externalParameters, resolvedDependencies } = shape(predicate.buildDefinition);
  const { configSource: source, request } = shape(externalParameters);
  const { builder, metadata } = shape(predicate.runDetails);
  return {
    buildType,
    builder,
    source: configSource(source, shape(source).path),
    parameters: shape(request),
    metadata: isShape(metadata) ? metadata1(metadata) : {},
    materials: resolvedDependencies,
  };
}

function parts02(predicate: Shape): Parts {
  const { configSource: source, parameters } = shape(predicate.invocation);
  const { buildType, builder, metadata, materials } = predicate;
  return {
    buildType,
    builder,
    source: configSource(source, shape(source).entryPoint),
    parameters: shape(parameters),
    metadata: isShape(metadata) ? metadata02(metadata) : {},
    materials,
  };
}

function metadata1(metadata: Shape): Partial<PolicyProvenance> {
  const complete = shape(metadata.buildkit_completeness);
  return {
    ...defined({
      invocationID: text(metadata.invocationId) ?? text(metadata.invocationID),
      startedOn: wholeSeconds(metadata.startedOn),
      finishedOn: wholeSeconds(metadata.finishedOn),
    }),
    reproducible: is(metadata.buildkit_reproducible),
    hermetic: is(metadata.buildkit_hermetic),
    completeness: { parameters: is(complete.request), materials: is(complete.resolvedDependencies) },
  };
}

function metadata02(metadata: Shape): Partial<PolicyProvenance> {
  const complete = shape(metadata.completeness);
  return {
    ...defined({
      invocationID: text(metadata.buildInvocationID),
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
  statement: Shape,
  annotated: string,
  platform?: string,
): PolicyProvenance | undefined {
  const predicate = isShape(statement.predicate) ? statement.predicate : undefined;
  const type = text(statement.predicateType) ?? annotated;
  if (predicate === undefined || (type !== provenanceTypes.v1 && type !== provenanceTypes.v02)) return undefined;
  const parts = type === provenanceTypes.v1 ? parts1(predicate) : parts02(predicate);
  const buildType = text(parts.buildType);
  const builderID = text(shape(parts.builder).id);
  if (buildType === undefined && builderID === undefined) return undefined;
  const materials = list(parts.materials)
    .map((one) => parseMaterial(one, 1, platform))
    .filter((one): one is PolicyMaterial => one !== undefined);
  const { args } = parts.parameters;
  return {
    predicateType: type,
    ...defined({ buildType, builderID, frontend: text(parts.parameters.frontend) }),
    ...parts.metadata,
    configSource: parts.source,
    ...defined({ buildArgs: buildArgs(args), rawArgs: texts(args) }),
    ...(materials.length > 0 && { materials }),
  };
}
