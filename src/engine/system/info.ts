import { readdirSync } from 'node:fs';
import { release as kernelRelease, totalmem } from 'node:os';
import type { SystemInfo, SystemVersion } from '../../support/foundation/types.js';
import type { Context } from '../context.js';
import { processorCount } from '../processors.js';
import { poolObject } from '../settings.js';
import { swarmInfo } from '../swarm/info.js';
import type { Versioned } from '../types.js';
import { has, still } from '../versions.js';
import { olderForm, undescribed, type Wire } from '../wire.js';
import { machineName, pluginNames } from './machine.js';
import { registryConfigOf } from './registry-config.js';

/** `GET /version` (docs/reference/behavior/daemon.md#daemon-information). */
export function daemonVersion({ channel, host, release }: Context): Wire<SystemVersion> {
  const kernel = kernelRelease();
  const common = { GitCommit: 'attestd', GoVersion: 'none', BuildTime: '1970-01-01T00:00:00.000000000+00:00' };
  return {
    Platform: { Name: `attestd (${channel})` },
    Version: release.engine,
    ApiVersion: release.api,
    MinAPIVersion: release.minimumApi,
    Os: host.os,
    Arch: host.architecture,
    Components: [
      {
        Name: 'Engine',
        Version: release.engine,
        Details: {
          ApiVersion: release.api,
          Arch: host.architecture,
          BuildTime: common.BuildTime,
          Experimental: 'false',
          GitCommit: common.GitCommit,
          GoVersion: common.GoVersion,
          KernelVersion: kernel,
          MinAPIVersion: release.minimumApi,
          Os: host.os,
        },
      },
    ],
    GitCommit: common.GitCommit,
    GoVersion: common.GoVersion,
    KernelVersion: kernel,
    BuildTime: common.BuildTime,
  } satisfies Wire<SystemVersion>;
}

const { Volume, Network, Log } = pluginNames;
const noPlugins: Wire<SystemInfo['Plugins']> = { Volume, Network, Authorization: null, Log };

const runtime = { path: 'runc' };

/** Each address at which the API is open; null where there is none. */
function warningsOf({ startedWith }: Context): readonly string[] | null {
  const warnings = startedWith
    .openTo()
    .map(
      (url) =>
        `[DEPRECATION NOTICE]: API is accessible on ${url} without encryption.\n` +
        '         Access to the remote API is equivalent to root access on the host.',
    );
  return warnings.length === 0 ? null : warnings;
}

/** Number of open files of this process, if the system provides it. */
function openFiles(): number {
  try {
    return readdirSync('/dev/fd').length;
  } catch {
    return 0;
  }
}

/** The runtime's own description of its features: a JSON document in a string. */
const runtimeStatus = {
  'org.opencontainers.runtime-spec.features': '{"ociVersionMin":"1.0.0","ociVersionMax":"1.2.1"}',
};

/** The runtimes of each daemon: runc, by its name and by that of its shim. */
function runtimes(version: string): Wire<SystemInfo['Runtimes']> {
  const runc = has(version, 'Runtime.status') ? { ...runtime, status: runtimeStatus } : runtime;
  return { 'io.containerd.runc.v2': runc, runc };
}

/** `GET /info` (docs/reference/behavior/daemon.md#daemon-information). */
export function daemonInfo(context: Context, { apiVersion: version }: Versioned): Wire<SystemInfo> {
  const { host, identity, release, settings, startedWith, store } = context;
  const registryConfig = registryConfigOf(context.registries.options);
  const commit = { ID: '' };
  const expected = still(version, 'info.Expected') ? { ...commit, Expected: '' } : commit;
  const body = {
    ID: identity.id,
    ...containerCounts(context),
    Images: new Set(store.list().map(({ target }) => target.digest)).size,
    Driver: 'overlayfs',
    DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
    Plugins: noPlugins,
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    Debug: startedWith.debugging,
    NFd: openFiles(),
    OomKillDisable: true,
    NGoroutines: process.getActiveResourcesInfo().length,
    SystemTime: context.clock().toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: '1',
    NEventsListener: context.events.listeners,
    KernelVersion: kernelRelease(),
    OperatingSystem: 'attestd',
    OSVersion: '',
    OSType: host.os,
    Architecture: machineName(host.architecture),
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: still(version, 'info.registryCIDRs')
      ? undescribed({
          ...registryConfig,
          AllowNondistributableArtifactsCIDRs: null,
          AllowNondistributableArtifactsHostnames: null,
        })
      : registryConfig,
    NCPU: processorCount(),
    MemTotal: totalmem(),
    GenericResources: null,
    DockerRootDir: settings.dataRoot,
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: identity.hostname,
    Labels: settings.labels,
    ExperimentalBuild: false,
    ServerVersion: release.engine,
    Runtimes: runtimes(version),
    DefaultRuntime: 'runc',
    Swarm: swarmInfo(context),
    LiveRestoreEnabled: settings.liveRestore,
    Isolation: '',
    InitBinary: 'docker-init',
    ContainerdCommit: expected,
    RuncCommit: expected,
    InitCommit: expected,
    SecurityOptions: ['name=seccomp,profile=builtin'],
    DefaultAddressPools: settings.addressPools?.map(poolObject),
    FirewallBackend: has(version, 'SystemInfo.FirewallBackend') ? { Driver: 'none' } : undefined,
    CDISpecDirs: ['/etc/cdi', '/var/run/cdi'],
    Containerd: has(version, 'SystemInfo.Containerd')
      ? {
          Address: '/var/run/docker/exec/containerd/containerd.sock',
          Namespaces: { Containers: 'moby', Plugins: 'plugins.moby' },
        }
      : undefined,
    Warnings: warningsOf(context),
  } satisfies Wire<SystemInfo>;
  if (!still(version, 'info.BridgeNf')) return body;
  return olderForm({ ...body, BridgeNfIptables: false, BridgeNfIp6tables: false });
}

/** Paused containers do not count as running here, although they do elsewhere. */
function containerCounts({ containers }: Context): {
  Containers: number;
  ContainersRunning: number;
  ContainersPaused: number;
  ContainersStopped: number;
} {
  const states = containers.list().map(({ state }) => state);
  const running = states.filter((state) => state.running && !state.paused).length;
  const paused = states.filter((state) => state.paused).length;
  return {
    Containers: states.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: states.length - running - paused,
  };
}
