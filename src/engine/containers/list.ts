import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { ContainerSummary } from '../../support/foundation/types.js';
import { humanDuration } from '../../support/go/human-duration.js';
import { goMap, goObject } from '../../support/go/json/value.js';
import { goString, map, pointer } from '../../support/go/json.js';
import type { Context } from '../context.js';
import type { Filters } from '../filters.js';
import { resolveImage } from '../images/names.js';
import { type EndpointSettings, emptyEndpoint, endpointSettingsType } from '../networks/endpoint.js';
import { parsePort, parsePortRange } from '../networks/port.js';
import { has } from '../versions.js';
import { type MountPoint, mountPointType } from '../volumes/mount.js';
import type { AnswerOf, Wire } from '../wire.js';
import type { Container } from './container.js';
import { manifestOf } from './inspect.js';
import { chooseContainers } from './list-filters.js';

/** Options of a container list. */
export interface ListContainersOptions {
  readonly apiVersion: string;
  /** Whether to include stopped containers. */
  readonly all: boolean;
  readonly size: boolean;
  /** Maximum number of entries, newest first, regardless of state. 0 or less: no limit. */
  readonly limit: number;
  readonly filters: Filters;
}

/**
 * `GET /containers/json`: the newest first (docs/reference/behavior/containers.md#container-list).
 *
 * @throws INVALID_ARGUMENT for bad filters; NOT_FOUND for an unknown container in before or since
 */
export async function listContainers(
  context: Context,
  options: ListContainersOptions,
): Promise<AnswerOf<'ContainerList'>> {
  const chosen = await chooseContainers(context, options.filters, options);
  const listed: Wire<ContainerSummary>[] = [];
  for (const container of chosen) {
    // Each may have very many files, or labels.
    await yieldIfDue();
    if (context.containers.byId(container.id) === container) listed.push(summary(context, container, options));
  }
  return listed;
}

/** Protocols of ports. Others are rejected at creation. */
type Protocol = NonNullable<ContainerSummary['Ports']>[number]['Type'];

const labelsType = map(goString);
const endpointsType = map(pointer(endpointSettingsType));

function summary(
  context: Context,
  container: Container,
  { apiVersion, size }: ListContainersOptions,
): Wire<ContainerSummary> {
  const usage = size ? container.fileSystem?.usage() : undefined;
  const { config, hostConfig, state } = container;
  const { health } = state;
  return {
    Id: container.id,
    Names: context.containers.namesOf(container.id),
    Image: imageName(context, container),
    ImageID: container.imageId,
    ImageManifestDescriptor: has(apiVersion, 'ContainerSummary.ImageManifestDescriptor')
      ? manifestOf(container)
      : undefined,
    Command: commandOf(container),
    Created: Math.floor(container.createdAt / 1000),
    Ports: portsOf(container),
    SizeRw: usage?.writable || undefined,
    SizeRootFs: usage?.root || undefined,
    Labels: goMap(config.Labels ?? {}, labelsType),
    State: state.status,
    Status: statusText(container, context.timers.now()),
    HostConfig: {
      NetworkMode: hostConfig.NetworkMode || undefined,
      Annotations:
        has(apiVersion, 'ContainerSummary.HostConfig.Annotations') && hostConfig.Annotations
          ? { ...hostConfig.Annotations }
          : undefined,
    },
    Health: has(apiVersion, 'ContainerSummary.Health')
      ? { Status: health?.status ?? 'none', FailingStreak: health?.failingStreak ?? 0 }
      : undefined,
    NetworkSettings: { Networks: goMap(networksOf(container), endpointsType) },
    Mounts: mountsOf(container).map((mount) => goObject(mount, mountPointType)),
  };
}

/** Returns the image name of the container if it still refers to the same image. */
function imageName({ store }: Context, { config, imageId }: Container): string {
  if (config.Image === imageId) return config.Image;
  try {
    return resolveImage(store, config.Image).target.digest === imageId ? config.Image : imageId;
  } catch (error) {
    if (error instanceof AttestdError) return imageId;
    throw error;
  }
}

function commandOf({ path, args }: Container): string {
  return [path, ...args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
}

/** Returns the status column of `docker ps`. */
export function statusText({ state }: Container, now: number): string {
  const ago = (since: number | undefined): string => humanDuration(now - (since ?? now));
  if (state.running) {
    if (state.paused) return `Up ${ago(state.startedAt)} (Paused)`;
    if (state.restarting) return `Restarting (${state.exitCode}) ${ago(state.finishedAt)} ago`;
    const health = state.health?.status;
    const note = health === undefined ? '' : ` (${health === 'starting' ? 'health: starting' : health})`;
    return `Up ${ago(state.startedAt)}${note}`;
  }
  if (state.removing) return 'Removal In Progress';
  if (state.dead) return 'Dead';
  if (state.startedAt === undefined) return 'Created';
  return state.finishedAt === undefined ? '' : `Exited (${state.exitCode}) ${ago(state.finishedAt)} ago`;
}

function portsOf({ ports }: Container): Wire<NonNullable<ContainerSummary['Ports']>> {
  return Object.entries(ports).flatMap(([key, bindings = []]) => {
    const { number, protocol } = parsePort(key);
    if (bindings.length === 0) return [{ IP: '', PrivatePort: number, Type: protocol as Protocol }];
    return bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      PrivatePort: number,
      PublicPort: parsePortRange(HostPort).start || undefined,
      Type: protocol as Protocol,
    }));
  });
}

/** List entries omit the endpoint members that only inspect returns. */
function networksOf({ networks }: Container): Record<string, EndpointSettings> {
  return Object.fromEntries(
    [...networks].map(([name, endpoint]) => {
      const {
        IPAMConfig,
        Links: _links,
        Aliases: _aliases,
        DriverOpts: _options,
        DNSNames: _names,
        ...rest
      } = endpoint;
      const { IPv4Address, IPv6Address } = IPAMConfig ?? {};
      const ipam = IPAMConfig && { ...(IPv4Address && { IPv4Address }), ...(IPv6Address && { IPv6Address }) };
      return [name, { ...emptyEndpoint(), ...rest, IPAMConfig: ipam }];
    }),
  );
}

/** Lists omit the source of anonymous volumes, as observed on dockerd, which lists its saved form. */
function mountsOf({ mountSources }: Container): MountPoint[] {
  return [...mountSources.values()].map(({ point, implicit }) => (implicit ? { ...point, Source: '' } : point));
}
