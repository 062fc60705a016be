import { buildImage } from '../../engine/build/build.js';
import type { BuildOptions, HostOptions } from '../../engine/build/options.js';
import { pruneBuildCache } from '../../engine/build/prune.js';
import { ulimitType } from '../../engine/containers/create/resources.js';
import { parseFilters } from '../../engine/filters.js';
import { registryConfigIn } from '../../engine/registry/credentials.js';
import { isAtLeast } from '../../engine/versions.js';
import type { Platform } from '../../oci/descriptor.js';
import { parsePlatform } from '../../oci/platform.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { decodeJson, type GoType, goAny, goString, map, pointer, slice } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { atoi, parseInteger } from '../../support/go/strconv.js';
import type { Form } from '../form.js';
import { lines } from '../json-lines.js';
import type { OperationHandlers, OperationRequest } from '../operation.js';

/** A number of bytes of the query; anything else is refused by name. */
function bytes(form: Form, name: string): void {
  const text = form.get(name);
  try {
    if (text !== '') atoi(text);
  } catch (error) {
    const why = `${name} is in bytes and expects an integer, got ${text}: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}

/** A whole number of the query; 0 for anything else. */
function numberOrZero(form: Form, name: string): number {
  try {
    return Number(parseInteger(form.get(name)));
  } catch {
    return 0;
  }
}

/** JSON in the query; undefined when it is not there. */
function json<T>(form: Form, name: string, type: GoType<T>, what: string): T | undefined {
  const text = form.get(name);
  if (text === '') return undefined;
  try {
    return decodeJson(Buffer.from(text), type);
  } catch (error) {
    const why = `error reading ${what}: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}

function shmSize(form: Form): number {
  const text = form.get('shmsize');
  if (text === '') return 0;
  try {
    return Number(parseInteger(text));
  } catch (error) {
    throw new AttestdError('INTERNAL', (error as Error).message, { cause: error });
  }
}

function platformOf(form: Form, { apiVersion }: OperationRequest): Platform | undefined {
  const text = form.get('platform');
  return text === '' || !isAtLeast(apiVersion, '1.32') ? undefined : parsePlatform(text);
}

function hostOptions(form: Form): HostOptions {
  const number = (name: string): number => numberOrZero(form, name);
  return {
    networkMode: form.get('networkmode'),
    extraHosts: form.all('extrahosts'),
    memory: number('memory'),
    memorySwap: number('memswap'),
    shmSize: shmSize(form),
    cpuShares: number('cpushares'),
    cpuPeriod: number('cpuperiod'),
    cpuQuota: number('cpuquota'),
    cpusetCpus: form.get('cpusetcpus'),
    cpusetMems: form.get('cpusetmems'),
    cgroupParent: form.get('cgroupparent'),
    ulimits: (json(form, 'ulimits', slice(ulimitType), 'ulimit settings') ?? []).filter((limit) => limit !== undefined),
  };
}

function buildOptions(form: Form, request: OperationRequest): BuildOptions {
  const forceRemove = form.flag('forcerm');
  const platform = platformOf(form, request);
  const host = hostOptions(form);
  const given = json(form, 'buildargs', map(pointer(goString)), 'build args') ?? {};
  const labels = json(form, 'labels', map(goString), 'labels') ?? {};
  const cacheFrom = json(form, 'cachefrom', slice(goString), 'cache-from') ?? [];
  const version = form.get('version');
  if (!['', '1', '2'].includes(version))
    throw new AttestdError('INVALID_ARGUMENT', `invalid version ${quote(version)}`);
  return {
    tags: form.all('t'),
    dockerfile: form.get('dockerfile'),
    remote: form.get('remote'),
    target: form.get('target'),
    quiet: form.flag('q'),
    noCache: form.flag('nocache'),
    cacheFrom,
    pull: form.flag('pull'),
    remove: forceRemove || form.get('rm') === '' || form.flag('rm'),
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
export const handlers: OperationHandlers = {
  async ImageBuild(request, context) {
    const form = await request.form();
    const options = buildOptions(form, request);
    if (form.flag('squash'))
      throw new AttestdError('INVALID_ARGUMENT', 'squash is only supported with experimental mode');
    checkIgnored(form);
    if (form.get('version') === '2') {
      const why = 'there is no BuildKit: use the classic builder (version=1, DOCKER_BUILDKIT=0)';
      throw new AttestdError('NOT_IMPLEMENTED', why);
    }
    const messages = buildImage(context, request.body, options, request.signal);
    return { kind: 'records', contentType: 'application/json', records: lines(messages) };
  },

  async BuildPrune(request, context) {
    const form = await request.form();
    const filters = parseFilters(form.get('filters'));
    for (const name of ['keep-storage', 'reserved-space', 'max-used-space', 'min-free-space']) bytes(form, name);
    return { kind: 'json', value: pruneBuildCache(context, filters) };
  },
};
