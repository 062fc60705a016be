import { zero } from '../../support/go/json/decode.js';
import { type ContainerConfig, containerConfigType } from '../containers/create/config.js';
import type { CreateParts } from '../containers/create/create-request.js';
import { emptyHostConfig, type HostConfig } from '../containers/create/host-config.js';
import type { Context } from '../context.js';
import { type EndpointSettings, emptyEndpoint } from '../networks/endpoint.js';
import type { Service } from './service.js';
import { gracePeriod } from './service-complete.js';
import type { Task } from './task.js';
import type { ContainerSpec } from './task-spec.js';
import { taskLabel } from './task-store.js';
import { expand, type TemplateScope } from './templates.js';

/**
 * The container that a task runs (docs/reference/behavior/services.md#tasks-of-a-swarm).
 *
 * @throws Error for a placeholder that stands for nothing
 */
export function containerOf(context: Context, service: Service, task: Task): CreateParts {
  const { ContainerSpec: spec = {} } = task.spec;
  const scope = scopeOf(context, service, task);
  const fill = (text: string): string => expand(text, scope);
  const config = {
    ...(zero(containerConfigType) as ContainerConfig),
    ...wordsOf(spec),
    Hostname: fill(spec.Hostname ?? ''),
    User: spec.User ?? '',
    Env: spec.Env?.map(fill),
    WorkingDir: spec.Dir ?? '',
    Image: spec.Image ?? '',
    Tty: spec.TTY ?? false,
    OpenStdin: spec.OpenStdin ?? false,
    Volumes: {},
    Labels: { ...spec.Labels, ...labelsOf(service, task) },
    ...(spec.StopSignal && { StopSignal: spec.StopSignal }),
    ...(spec.Healthcheck && { Healthcheck: spec.Healthcheck }),
    ...portsOf(task),
  };
  const hostConfig = hostConfigOf(spec, task, fill);
  const endpoints = placeInNetworks(context, task, hostConfig);
  return { config, hostConfig, endpoints, warnings: [] };
}

function scopeOf(context: Context, service: Service, task: Task): TemplateScope {
  const { node } = context.swarm.manager();
  const { os = '', architecture = '' } = context.host;
  return {
    service: { id: service.id, name: service.data.spec.Name, labels: service.data.spec.Labels ?? {} },
    node: { id: node.id, hostname: node.data.hostname, os, architecture },
    task: { id: task.id, name: task.name, slot: task.slotName },
  };
}

/** A command replaces the image's entry point; arguments alone follow it. */
function wordsOf({ Command: command, Args: args }: ContainerSpec): Pick<ContainerConfig, 'Entrypoint' | 'Cmd'> {
  return { Entrypoint: command?.length ? [...command] : undefined, Cmd: args?.length ? [...args] : undefined };
}

function labelsOf(service: Service, task: Task): Record<string, string> {
  return {
    'com.docker.swarm.node.id': task.nodeId,
    'com.docker.swarm.service.id': service.id,
    'com.docker.swarm.service.name': service.data.spec.Name,
    'com.docker.swarm.task': '',
    [taskLabel]: task.id,
    'com.docker.swarm.task.name': task.name,
  };
}

const portKey = (port: { TargetPort?: number; Protocol?: string }): string =>
  `${port.TargetPort ?? 0}/${port.Protocol}`;

function portsOf({ ports }: Task): Pick<ContainerConfig, 'ExposedPorts'> {
  return ports.length === 0 ? {} : { ExposedPorts: Object.fromEntries(ports.map((port) => [portKey(port), {}])) };
}

/** Nanoseconds. */
const second = 1e9;

/** Seconds until a task's container is killed. */
export const stopTimeout = ({ spec: { ContainerSpec: spec = {} } }: Task): number =>
  Math.max(0, Math.ceil(gracePeriod(spec) / second));

function hostConfigOf(spec: ContainerSpec, task: Task, fill: (text: string) => string): HostConfig {
  const host = emptyHostConfig();
  const { Limits: limits = {}, Reservations: reservations = {} } = task.spec.Resources ?? {};
  const { SwapBytes: swap, MemorySwappiness: swappiness } = task.spec.Resources ?? {};
  const dns = spec.DNSConfig ?? {};
  const { Seccomp: seccomp, AppArmor: armor, NoNewPrivileges: noNew } = spec.Privileges ?? {};
  Object.assign(host, {
    NetworkMode: 'bridge',
    LogConfig: { Type: task.spec.LogDriver?.Name ?? '', Config: { ...task.spec.LogDriver?.Options } },
    PortBindings: {},
    Dns: dns.Nameservers,
    DnsSearch: dns.Search,
    DnsOptions: dns.Options,
    // As /etc/hosts has them: the address, then the names.
    ExtraHosts: spec.Hosts?.flatMap((line) => {
      const [address = '', ...names] = line.split(/\s+/);
      return names.map((name) => `${name}:${address}`);
    }),
    GroupAdd: spec.Groups,
    CapAdd: spec.CapabilityAdd,
    CapDrop: spec.CapabilityDrop,
    ReadonlyRootfs: spec.ReadOnly ?? false,
    OomScoreAdj: spec.OomScoreAdj ?? 0,
    Isolation: spec.Isolation ?? '',
    Ulimits: spec.Ulimits ?? [],
    NanoCpus: limits.NanoCPUs ?? 0,
    Memory: limits.MemoryBytes ?? 0,
    MemoryReservation: reservations.MemoryBytes && limits.MemoryBytes ? 0 : (reservations.MemoryBytes ?? 0),
    ...(limits.Pids && { PidsLimit: limits.Pids }),
    ...(swap !== undefined && { MemorySwap: swap < 0 ? swap : swap + (limits.MemoryBytes ?? 0) }),
    ...(swappiness !== undefined && { MemorySwappiness: swappiness }),
    ...(spec.Sysctls && { Sysctls: { ...spec.Sysctls } }),
    ...(spec.Init !== undefined && { Init: spec.Init }),
    ...(spec.Mounts?.length && { Mounts: spec.Mounts.map((mount) => ({ ...mount, ...filled(mount.Source, fill) })) }),
  });
  const security = [
    ...(noNew ? ['no-new-privileges=true'] : []),
    ...(seccomp?.Mode === 'unconfined' ? ['seccomp=unconfined'] : []),
    ...(armor?.Mode === 'disabled' ? ['apparmor=unconfined'] : []),
  ];
  if (security.length > 0) host.SecurityOpt = security;
  for (const port of task.ports) {
    const binding = { HostIp: '', HostPort: port.PublishedPort ? String(port.PublishedPort) : '' };
    const key = portKey(port);
    (host.PortBindings as NonNullable<HostConfig['PortBindings']>)[key] = [
      ...(host.PortBindings?.[key] ?? []),
      binding,
    ];
  }
  return host;
}

const filled = (source: string | undefined, fill: (text: string) => string): { Source?: string } =>
  source === undefined ? {} : { Source: fill(source) };

/** The networks of a task's container: those that its service names, or the default bridge. */
function placeInNetworks(context: Context, task: Task, host: HostConfig): Record<string, EndpointSettings> {
  const endpoints: Record<string, EndpointSettings> = {};
  for (const { Target: target = '', Aliases: aliases, DriverOpts: options } of task.spec.Networks ?? []) {
    const network = context.networks.resolve(target);
    if (network.driver === 'host') host.NetworkMode = 'host';
    if (network.scope !== 'swarm') continue;
    endpoints[network.name] = {
      ...emptyEndpoint(),
      Aliases: aliases && [...aliases],
      DriverOpts: options && { ...options },
    };
  }
  return endpoints;
}
