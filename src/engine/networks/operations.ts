import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { parseBool } from '../../support/go/strconv.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, matchesPairs, valuesOf } from '../filters.js';
import { patternFilter } from '../pattern.js';
import { createSwarmNetwork, isForSwarm, isOwn, removeSwarmNetwork } from '../swarm/networks.js';
import { rejectUsed, userOf } from '../swarm/task-files.js';
import { untilFilter } from '../until.js';
import { has, isAtLeast } from '../versions.js';
import type { AnswerOf } from '../wire.js';
import { logNetworkEvent } from './events.js';
import { type CreateNetworkRequest, type Network, networkDetails, networkObject } from './network.js';
import { isPredefined } from './store.js';

/**
 * `GET /networks` (docs/reference/behavior/networks.md#networks).
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export async function listNetworks(context: Context, filters: Filters): Promise<AnswerOf<'NetworkList'>> {
  checkKeys(filters, ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']);
  const accepts = await networkFilter(filters);
  return context.networks.list().filter(accepts).map(networkObject);
}

async function networkFilter(filters: Filters): Promise<(network: Network) => boolean> {
  const dangling = danglingOf(filters);
  const types = valuesOf(filters, 'type');
  for (const type of types)
    if (!['builtin', 'custom'].includes(type)) throw new AttestdError('INTERNAL', `invalid filter: 'type'='${type}'`);
  const hasName = await patternFilter(filters, 'name');
  const hasId = await patternFilter(filters, 'id');
  const among = (key: string, text: string): boolean => {
    const values = valuesOf(filters, key);
    return values.length === 0 || values.includes(text);
  };
  return (network) =>
    among('driver', network.driver) &&
    hasName(network.name) &&
    hasId(network.id) &&
    hasLabels(filters, network) &&
    among('scope', network.scope) &&
    (types.length === 0 || types.includes(isPredefined(network.name) ? 'builtin' : 'custom')) &&
    (dangling === undefined || dangling === isIdle(network));
}

/** Whether a removable network has no endpoints. */
const isIdle = (network: Network): boolean =>
  !isPredefined(network.name) && !isOwn(network) && network.endpoints.size === 0;

function danglingOf(filters: Filters): boolean | undefined {
  const values = valuesOf(filters, 'dangling');
  if (!filters.has('dangling')) return undefined;
  const [value = ''] = values;
  if (values.length > 1)
    throw new AttestdError('INVALID_ARGUMENT', 'got more than one value for filter key "dangling"');
  if (['1', 'true'].includes(value)) return true;
  if (['0', 'false'].includes(value)) return false;
  const reason = 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")';
  throw new AttestdError('INVALID_ARGUMENT', reason);
}

function hasLabels(filters: Filters, { labels }: Network): boolean {
  const unwanted = filters.get('label!')?.size ? matchesPairs(filters, 'label!', labels) : false;
  return matchesPairs(filters, 'label', labels) && !unwanted;
}

/** Options of inspect. */
export interface InspectNetworkOptions {
  readonly apiVersion: string;
  /** As in the query; must be a truth value. */
  readonly verbose: string;
  /** Only networks of that scope; empty for any. */
  readonly scope: string;
}

/**
 * `GET /networks/{id}`.
 *
 * @throws INVALID_ARGUMENT for a bad flag or an ambiguous name; NOT_FOUND
 */
export function inspectNetwork(
  context: Context,
  term: string,
  options: InspectNetworkOptions,
): AnswerOf<'NetworkInspect'> {
  const { apiVersion, verbose, scope } = options;
  try {
    if (verbose !== '') parseBool(verbose);
  } catch (error) {
    const reason = `invalid value for verbose: ${verbose}: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARGUMENT', reason, { cause: error });
  }
  const network = context.networks.resolve(term);
  if (scope !== '' && scope !== network.scope) throw new AttestdError('NOT_FOUND', `network ${term} not found`);
  return networkDetails(network, has(apiVersion, 'NetworkInspect.Status'));
}

/** `POST /networks/create`; errors as the store's. */
export function createNetwork(
  context: Context,
  request: CreateNetworkRequest,
  apiVersion: string,
): AnswerOf<'NetworkCreate'> {
  if (!isAtLeast(apiVersion, '1.48')) delete request.EnableIPv4;
  if (isForSwarm(context, request)) return { Id: createSwarmNetwork(context, request).id, Warning: '' };
  const network = context.networks.create(request);
  logNetworkEvent(context, network, 'create');
  return { Id: network.id, Warning: '' };
}

/**
 * `DELETE /networks/{id}`.
 *
 * @throws NOT_FOUND; FORBIDDEN for a predefined network and one with running containers; INVALID_ARGUMENT for a network
 * of a service
 */
export function removeNetwork(context: Context, term: string): void {
  const network = context.networks.resolve(term);
  if (isPredefined(network.name))
    throw new AttestdError('FORBIDDEN', `${network.name} is a pre-defined network and cannot be removed`);
  rejectUsed(context, network);
  // Tasks of a removed service are about to end.
  const inUse = [...network.endpoints.values()].filter(({ containerId }) => !isOfTask(context, containerId));
  if (inUse.length > 0) {
    const names = inUse.map(({ name, id }) => `name:"${name}" id:"${id.slice(0, 12)}"`);
    const reason = `error while removing network: network ${network.name} has active endpoints (${names.join(', ')})`;
    throw new AttestdError('FORBIDDEN', reason);
  }
  if (isConfigSource(context, network)) {
    const reason = `configuration network ${quote(network.name)} is in use`;
    throw new AttestdError('FORBIDDEN', `error while removing network: ${reason}`);
  }
  forget(context, network);
}

function isOfTask({ containers, tasks }: Context, id: string): boolean {
  const container = containers.byId(id);
  return container !== undefined && tasks.has(container);
}

/** Removes a network and logs the event. */
function forget(context: Context, network: Network): void {
  if (network.scope === 'swarm') {
    removeSwarmNetwork(context, network);
    return;
  }
  context.networks.remove(network);
  logNetworkEvent(context, network, 'destroy');
}

/** Whether other networks use this network's configuration. */
function isConfigSource({ networks }: Context, { configOnly, name }: Network): boolean {
  return configOnly && networks.list().some(({ configFrom }) => configFrom === name);
}

/**
 * `POST /networks/prune`: removes networks without running containers.
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export function pruneNetworks(context: Context, filters: Filters): AnswerOf<'NetworkPrune'> {
  checkKeys(filters, ['label', 'label!', 'until']);
  // For networks, unlike containers, an `until` without a value is ignored.
  const until = valuesOf(filters, 'until').length === 0 ? undefined : untilFilter(context, filters);
  const unused = context.networks
    .list()
    .filter((network) => isIdle(network) && !isConfigSource(context, network) && userOf(context, network) === undefined)
    .filter((network) => hasLabels(filters, network) && (until === undefined || network.createdAt <= until));
  for (const network of unused) forget(context, network);
  context.events.log('network', 'prune', { id: '', attributes: { reclaimed: '0' } });
  return { NetworksDeleted: unused.length === 0 ? null : unused.map(({ name }) => name) };
}
