import { AttestdError } from '../../support/foundation/errors.js';
import { atoi } from '../../support/go/strconv.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, flagOf, matchesExactly, matchesPairs, valuesOf } from '../filters.js';
import { resolveImage } from '../images/names.js';
import { parsePort, parsePortRange } from '../networks/port.js';
import { PortRanges } from '../networks/port-ranges.js';
import { type Matcher, patternFilter } from '../pattern.js';
import type { Container } from './container.js';

const known =
  'ancestor before exited expose health id isolation is-task label name network publish since status volume'.split(' ');
const states = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const healths = ['none', 'starting', 'healthy', 'unhealthy'];

/** Limits of a list in addition to its filters. */
interface Bounds {
  readonly all: boolean;
  readonly limit: number;
}

/**
 * The containers that a list shows, the newest first.
 *
 * @throws INVALID_ARGUMENT for filters that dockerd refuses; NOT_FOUND for an unknown container in before or since
 */
export async function chooseContainers(
  context: Context,
  filters: Filters,
  { all, limit }: Bounds,
): Promise<readonly Container[]> {
  checkKeys(filters, known);
  const requested = [
    ...checks(context, filters, {
      name: await patternFilter(filters, 'name'),
      status: await patternFilter(filters, 'status'),
    }),
  ];
  const statuses = valuesOf(filters, 'status');
  let before = resolveOne(context, filters, 'before');
  const since = resolveOne(context, filters, 'since');
  const chosen: Container[] = [];
  for (const container of newestFirst(context)) {
    if (before !== undefined) {
      if (container === before) before = undefined;
      continue;
    }
    if (container === since) break;
    if (!container.state.running && !all && statuses.length === 0 && limit <= 0) continue;
    if (!requested.slice(0, early).every((check) => check(container))) continue;
    // The bound is looked at before the filters that look closer, as dockerd does.
    if (limit > 0 && chosen.length === limit) break;
    if (requested.slice(early).every((check) => check(container))) chosen.push(container);
  }
  return chosen;
}

function newestFirst({ containers }: Context): readonly Container[] {
  return [...containers.list()].reverse().sort((a, b) => b.createdAt - a.createdAt);
}

/** Number of checks that run before the limit is applied. */
const early = 3;

/** Filters whose values are regular expressions. */
interface Patterns {
  readonly name: Matcher;
  readonly status: Matcher;
}

function* checks(context: Context, filters: Filters, patterns: Patterns): Generator<(container: Container) => boolean> {
  const exits = valuesOf(filters, 'exited').map((text) => {
    try {
      return atoi(text);
    } catch (error) {
      throw new AttestdError('INVALID_ARGUMENT', `invalid filter 'exited=${text}': ${(error as Error).message}`);
    }
  });
  checkWords(filters, 'status', states, 'state');
  const isTask = filters.has('is-task') ? flagOf(filters, 'is-task', false) : undefined;
  checkWords(filters, 'health', healths, 'health');
  const images = ancestors(context, filters);
  const published = ports(filters, 'publish');
  const exposed = ports(filters, 'expose');
  yield ({ id, plainName }) => hasName(plainName, patterns.name) && hasId(context, filters, id);
  // No container is a task of a service.
  yield () => isTask !== true;
  yield ({ config }) => matchesPairs(filters, 'label', config.Labels ?? {});
  yield ({ state }) =>
    exits.length === 0 || (exits.includes(state.exitCode) && !state.running && state.startedAt !== undefined);
  yield ({ state }) => patterns.status(state.status);
  yield ({ state }) => matchesExactly(filters, 'health', state.health?.status ?? 'none');
  yield ({ mounts }) =>
    !filters.has('volume') ||
    valuesOf(filters, 'volume').some((value) =>
      mounts.some(({ Destination, Name, Source }) => Destination === value || (Name || Source) === value),
    );
  yield ({ imageId }) => images === undefined || images.has(imageId);
  yield ({ networks }) =>
    !filters.has('network') ||
    valuesOf(filters, 'network').some((value) =>
      [...networks].some(([name, { NetworkID: id }]) => name === value || id.startsWith(value)),
    );
  yield (container) => onPorts(container, published, exposed);
}

function checkWords(filters: Filters, key: string, words: readonly string[], what: string): void {
  for (const value of valuesOf(filters, key)) {
    if (words.includes(value)) continue;
    const last = words.at(-1);
    const list = `${words.slice(0, -1).join(', ')}, ${last}`;
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `invalid filter '${key}=${value}': invalid value for ${what} (${value}): must be one of ${list}`,
    );
  }
}

function hasName(plainName: string, matches: Matcher): boolean {
  return matches(`/${plainName}`) || matches(plainName);
}

function hasId(context: Context, filters: Filters, id: string): boolean {
  const ids = valuesOf(filters, 'id');
  return ids.length === 0 || ids.some((prefix) => id.startsWith(prefix) && isOnly(context, prefix));
}

/** An ambiguous id prefix matches no container. */
function isOnly({ containers }: Context, prefix: string): boolean {
  return containers.list().filter(({ id }) => id.startsWith(prefix)).length === 1;
}

function resolveOne(context: Context, filters: Filters, key: string): Container | undefined {
  let found: Container | undefined;
  for (const value of valuesOf(filters, key)) {
    if (value === '') throw new AttestdError('NOT_FOUND', 'No such container: ');
    found = context.containers.resolve(value);
  }
  return found;
}

/** The images that a container may be made of; undefined without the filter. */
function ancestors(context: Context, filters: Filters): ReadonlySet<string> | undefined {
  if (!filters.has('ancestor')) return undefined;
  const found = new Set<string>();
  for (const name of valuesOf(filters, 'ancestor')) {
    try {
      found.add(resolveImage(context.store, name).target.digest);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
    }
  }
  return found;
}

function ports(filters: Filters, key: string): PortRanges {
  const found = new PortRanges();
  for (const value of valuesOf(filters, key)) {
    // dockerd reports an invalid port as an internal error.
    if (value.includes(':')) throw new AttestdError('INTERNAL', `filter for '${key}' should not contain ':': ${value}`);
    try {
      found.add(parsePortRange(value));
    } catch (error) {
      throw new AttestdError('INTERNAL', `error while looking up for ${key} ${value}: ${(error as Error).message}`);
    }
  }
  return found;
}

function onPorts(container: Container, published: PortRanges, exposed: PortRanges): boolean {
  if (published.empty && exposed.empty) return true;
  return Object.entries(container.ports).some(([key, bindings = []]) => {
    const port = parsePort(key);
    if (exposed.has(port)) return true;
    return bindings.some(({ HostPort }) => published.has({ ...port, number: parsePortRange(HostPort).start }));
  });
}
