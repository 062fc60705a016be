import { descriptorType } from '../../oci/manifest.js';
import type { ContainerInspect } from '../../support/foundation/types.js';
import type { EncodedObject, JsonObject } from '../../support/go/json/render.js';
import { goMap, goObject } from '../../support/go/json/value.js';
import { map, pointer } from '../../support/go/json.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import type { Context } from '../context.js';
import { type EndpointSettings, endpointSettingsType } from '../networks/endpoint.js';
import { portMapType } from '../networks/port.js';
import { has, isAtLeast } from '../versions.js';
import { mountPointType } from '../volumes/mount.js';
import { type AnswerOf, olderForm, undescribed, type Wire } from '../wire.js';
import type { Container } from './container.js';
import { containerConfigType } from './create/config.js';
import { hostConfigType } from './create/host-config.js';
import { visibleLinks } from './create/links.js';
import { isUserDefined, networkName } from './create/modes.js';
import { profileOf } from './create/security.js';

const endpointsType = map(pointer(endpointSettingsType));

/** Go's zero time, used for "never". */
const never = '0001-01-01T00:00:00Z';

const timeOf = (ms: number | undefined): string => (ms === undefined ? never : formatGoTime(new Date(ms)));

/** Options of inspect. */
export interface InspectContainerOptions {
  readonly apiVersion: string;
  /** Whether to measure the file system. */
  readonly size: boolean;
}

/**
 * `GET /containers/{id}/json` (docs/reference/behavior/containers.md#container-inspect).
 *
 * @throws NOT_FOUND
 */
export function inspectContainer(
  context: Context,
  name: string,
  options: InspectContainerOptions,
): AnswerOf<'ContainerInspect'> {
  const container = context.containers.resolve(name);
  const { apiVersion } = options;
  const snapshot = { RootFS: { Snapshot: { Name: 'overlayfs' } } };
  const storage = has(apiVersion, 'ContainerInspectResponse.Storage');
  const usage = options.size ? container.fileSystem?.usage() : undefined;
  const { id, startedBefore } = container;
  const folder = `${context.settings.dataRoot}/containers/${id}`;
  const path = (file: string): string => (startedBefore ? `${folder}/${file}` : '');
  const body = {
    Id: id,
    Created: formatGoTime(new Date(container.createdAt)),
    Path: container.path,
    Args: container.args,
    State: stateOf(container),
    Image: container.imageId,
    ResolvConfPath: path('resolv.conf'),
    HostnamePath: path('hostname'),
    HostsPath: path('hosts'),
    LogPath: container.hostConfig.LogConfig.Type === 'json-file' ? path(`${id}-json.log`) : '',
    Name: container.name,
    RestartCount: container.restartCount,
    Driver: 'overlayfs',
    Platform: container.platform.os,
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: profileOf(container.hostConfig.SecurityOpt ?? []),
    ExecIDs: container.execs.size === 0 ? null : [...container.execs.keys()],
    HostConfig: goObject({ ...container.hostConfig, Links: visibleLinks(container) }, hostConfigType),
    GraphDriver: storage ? undefined : { Data: null, Name: 'overlayfs' },
    Storage: storage ? snapshot : undefined,
    SizeRw: usage?.writable,
    SizeRootFs: usage?.root,
    Mounts: container.mounts.map((mount) => goObject(mount, mountPointType)),
    Config: configOf(container, apiVersion),
    NetworkSettings: networkSettings(container, apiVersion),
    ImageManifestDescriptor: has(apiVersion, 'ContainerInspectResponse.ImageManifestDescriptor')
      ? manifestOf(container)
      : undefined,
  } satisfies Wire<ContainerInspect>;
  // Members that only older versions have are added by going through a map, which sorts all keys.
  return isWidened(container, apiVersion) ? olderForm(body) : body;
}

function stateOf({ state }: Container): Wire<ContainerInspect['State']> {
  const { health } = state;
  return {
    Status: state.status,
    Running: state.running,
    Paused: state.paused,
    Restarting: state.restarting,
    OOMKilled: state.oomKilled,
    Dead: state.dead,
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: timeOf(state.startedAt),
    FinishedAt: timeOf(state.finishedAt),
    Health: health && {
      Status: health.status,
      FailingStreak: health.failingStreak,
      Log: health.log.map(({ start, end, exitCode, output }) => ({
        Start: formatGoTime(new Date(start)),
        End: formatGoTime(new Date(end)),
        ExitCode: exitCode,
        Output: output,
      })),
    },
  };
}

/** The manifest that the container was made of, always with its platform. */
export function manifestOf({ manifest, platform }: Container): EncodedObject | undefined {
  return manifest && goObject({ ...manifest, platform: manifest.platform ?? platform }, descriptorType);
}

/** The hardware address that was asked for, for clients that look for it in the configuration. */
function desiredMac({ hostConfig, networks }: Container): string {
  const { NetworkMode: mode } = hostConfig;
  if (mode !== 'bridge' && !isUserDefined(mode)) return '';
  const endpoint = networks.get(networkName(mode));
  return endpoint?.desiredMac ?? endpoint?.MacAddress ?? '';
}

function configOf(container: Container, apiVersion: string): Wire<ContainerInspect['Config']> {
  const config = goObject(container.config, containerConfigType);
  const mac = desiredMac(container);
  return mac === '' || isAtLeast(apiVersion, '1.52') ? config : undescribed({ ...config, MacAddress: mac });
}

function isWidened(container: Container, apiVersion: string): boolean {
  if (isAtLeast(apiVersion, '1.52')) return false;
  return container.networks.has('bridge') || desiredMac(container) !== '';
}

function networkSettings(container: Container, apiVersion: string): Wire<ContainerInspect['NetworkSettings']> {
  const { networks, sandboxId, ports } = container;
  const bridge = networks.get('bridge');
  const legacy = isAtLeast(apiVersion, '1.52') || bridge === undefined ? {} : legacySettings(bridge);
  return {
    ...legacy,
    SandboxID: sandboxId,
    SandboxKey: sandboxId === '' ? '' : `/var/run/docker/netns/${sandboxId.slice(0, 12)}`,
    Ports: goMap(ports, portMapType),
    Networks: goMap(endpointsFor(container, apiVersion), endpointsType),
  };
}

function legacySettings(bridge: EndpointSettings): JsonObject {
  return {
    EndpointID: bridge.EndpointID,
    Gateway: bridge.Gateway,
    GlobalIPv6Address: bridge.GlobalIPv6Address,
    GlobalIPv6PrefixLen: bridge.GlobalIPv6PrefixLen,
    IPAddress: bridge.IPAddress,
    IPPrefixLen: bridge.IPPrefixLen,
    IPv6Gateway: bridge.IPv6Gateway,
    MacAddress: bridge.MacAddress,
  };
}

/** Older versions list the short id and the host's name among the aliases. */
function endpointsFor(container: Container, apiVersion: string): Record<string, EndpointSettings> {
  const endpoints = Object.fromEntries(container.networks);
  if (isAtLeast(apiVersion, '1.45')) return endpoints;
  for (const [name, endpoint] of Object.entries(endpoints)) {
    if (!isUserDefined(name)) continue;
    const aliases = [...(endpoint.Aliases ?? []), container.id.slice(0, 12), container.config.Hostname];
    endpoints[name] = { ...endpoint, Aliases: [...new Set(aliases)] };
  }
  return endpoints;
}
