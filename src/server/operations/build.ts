import { buildImage } from '../../engine/build/build.js';
import type { BuildOptions, HostOptions } from '../../engine/build/options.js';
import { pruneBuildCache } from '../../engine/build/prune.js';
import { ulimitType } from '../../engine/containers/create/resources.js';
import { parseFilters } from '../../engine/filters.js';
import { registryConfigIn } from '../../engine/registry/credentials.js';
import { parsePlatform } from '../../oci/platform.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { decodeJson, type GoType, goAny, goString, map, pointer, slice } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { atoi, parseInteger } from '../../support/go/strconv.js';
import type { Form } from '../form.js';
import { lines } from '../json-lines.js';
import type { DescribedHandlers, OperationRequest } from '../operation.js';

type BuildRequest = OperationRequest<'ImageBuild'>;
type BuildQuery = Awaited<ReturnType<BuildRequest['query']>>;

/** Parses a number of bytes; an error names the parameter. */
function bytes(text: string, name: string): void {
  try {
    if (text !== '') atoi(text);
  } catch (error) {
    const why = `${name} is in bytes and expects an integer, got ${text}: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}

/** Parses a whole number; 0 for anything else. */
function numberOrZero(text: string): number {
  try {
    return Number(parseInteger(text));
  } catch {
    return 0;
  }
}

/** Decodes JSON; undefined if the parameter is empty. */
function json<T>(text: string, type: GoType<T>, what: string): T | undefined {
  if (text === '') return undefined;
  try {
    return decodeJson(Buffer.from(text), type);
  } catch (error) {
    const why = `error reading ${what}: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}

function shmSize(text: string): number {
  if (text === '') return 0;
  try {
    return Number(parseInteger(text));
  } catch (error) {
    throw new AttestdError('INTERNAL', (error as Error).message, { cause: error });
  }
}

function hostOptions(query: BuildQuery, form: Form): HostOptions {
  return {
    networkMode: query.networkmode,
    // The description has one of them; dockerd takes several.
    extraHosts: form.all('extrahosts'),
    memory: numberOrZero(query.memory),
    memorySwap: numberOrZero(query.memswap),
    shmSize: shmSize(query.shmsize),
    cpuShares: numberOrZero(query.cpushares),
    cpuPeriod: numberOrZero(query.cpuperiod),
    cpuQuota: numberOrZero(query.cpuquota),
    cpusetCpus: query.cpusetcpus,
    // The description lacks these three.
    cpusetMems: form.get('cpusetmems'),
    cgroupParent: form.get('cgroupparent'),
    ulimits: (json(form.get('ulimits'), slice(ulimitType), 'ulimit settings') ?? []).filter(
      (limit) => limit !== undefined,
    ),
  };
}

async function buildOptions(request: BuildRequest): Promise<BuildOptions> {
  const [query, form] = [await request.query(), await request.form()];
  const { forcerm: forceRemove, remote, target, q: quiet, nocache: noCache } = query;
  const platform = query.platform === '' ? undefined : parsePlatform(query.platform);
  const host = hostOptions(query, form);
  const given = json(query.buildargs, map(pointer(goString)), 'build args') ?? {};
  const labels = json(query.labels, map(goString), 'labels') ?? {};
  const cacheFrom = json(query.cachefrom, slice(goString), 'cache-from') ?? [];
  if (!['', '1', '2'].includes(query.version))
    throw new AttestdError('INVALID_ARGUMENT', `invalid version ${quote(query.version)}`);
  return {
    // The description has one tag, and flags and defaults of its own; dockerd reads these four as below.
    tags: form.all('t'),
    dockerfile: form.get('dockerfile'),
    pull: form.flag('pull'),
    remove: forceRemove || form.get('rm') === '' || form.flag('rm'),
    remote,
    target,
    quiet,
    noCache,
    cacheFrom,
    forceRemove,
    arguments: new Map(Object.entries(given).map(([name, value]) => [name, value ?? null])),
    labels,
    platform,
    host,
    credentials: registryConfigIn(String(request.headers['x-registry-config'] ?? '')),
  };
}

/** @throws INVALID_ARGUMENT for what the classic builder only reads, where it cannot be */
function checkIgnored(form: Form): void {
  const isolation = form.get('isolation');
  if (!['', 'default'].includes(isolation.toLowerCase()))
    throw new AttestdError('INVALID_ARGUMENT', `unsupported isolation: ${quote(isolation)}`);
  if (form.get('securityopt') !== '')
    throw new AttestdError('INVALID_ARGUMENT', 'security options are not supported on linux');
  const outputs = form.get('outputs');
  try {
    if (outputs !== '') decodeJson(Buffer.from(outputs), slice(goAny));
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', `invalid outputs specified: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Builder operations (docs/reference/behavior/builder.md#the-classic-builder). */
export const handlers = {
  async ImageBuild(request, context) {
    const options = await buildOptions(request);
    const { squash, version } = await request.query();
    if (squash) throw new AttestdError('INVALID_ARGUMENT', 'squash is only supported with experimental mode');
    checkIgnored(await request.form());
    if (version === '2') {
      const why = 'there is no BuildKit: use the classic builder (version=1, DOCKER_BUILDKIT=0)';
      throw new AttestdError('NOT_IMPLEMENTED', why);
    }
    const messages = buildImage(context, request.body, options, request.signal);
    return { kind: 'records', contentType: 'application/json', records: lines(messages) };
  },

  async BuildPrune(request, context) {
    const form = await request.form();
    const filters = parseFilters(form.get('filters'));
    for (const name of ['keep-storage', 'reserved-space', 'max-used-space', 'min-free-space'])
      bytes(form.get(name), name);
    return { kind: 'json', value: pruneBuildCache(context, filters) };
  },
} satisfies DescribedHandlers;
