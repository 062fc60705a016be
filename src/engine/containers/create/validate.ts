import { posix } from 'node:path';
import { AttestdError } from '../../../support/foundation/errors.js';
import { quote } from '../../../support/go/quote.js';
import { type PortMap, parsePortRange } from '../../networks/port.js';
import { checkMount } from '../../volumes/parse.js';
import type { RestartPolicy } from '../run/restart-policy.js';
import { requestedSignal } from '../run/signals.js';
import { checkCapabilities } from './capabilities.js';
import type { ContainerConfig, CreateRequest } from './config.js';
import type { HostConfig } from './host-config.js';
import { isIpcMode, isPidMode, sharedContainer } from './modes.js';
import { checkResources } from './validate-resources.js';

/** Longest host name that the kernel takes, in bytes. */
const maxHostnameLength = 64;
/** Nanoseconds. */
const minDuration = 1_000_000;

function refuse(reason: string): never {
  throw new AttestdError('INVALID_ARGUMENT', reason);
}

/**
 * Runs dockerd's checks that precede the image lookup: invalid combinations
 * (docs/reference/behavior/containers.md#container-create).
 *
 * @throws INVALID_ARGUMENT with dockerd's texts
 */
export function checkRequest(config: CreateRequest, host: HostConfig): void {
  checkSharedNetwork(config, host);
  if (host.UTSMode === 'host' && config.Hostname !== '') refuse('conflicting options: hostname and the UTS mode');
  const links = host.Links ?? [];
  if (host.NetworkMode === 'host' && links.length > 0)
    refuse(
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
  if (!isDefaultIsolation(host.Isolation))
    refuse(`invalid isolation (${host.Isolation}): linux only supports 'default'`);
  if (host.IOMaximumBandwidth !== 0)
    refuse('invalid option: QoS maximum bandwidth configuration is not supported on linux');
  if (host.IOMaximumIOps !== 0) refuse('invalid option: QoS maximum IOPs configuration is not supported on linux');
  if (host.CpuRealtimePeriod !== 0 && host.CpuRealtimeRuntime > host.CpuRealtimePeriod)
    refuse('cpu real-time runtime cannot be higher than cpu real-time period');
  if (host.CpuShares < 0) refuse(`invalid CPU shares (${host.CpuShares}): value must be a positive integer`);
}

/** A container that shares another container's network cannot have network settings. */
function checkSharedNetwork(config: CreateRequest, host: HostConfig): void {
  const shared = sharedContainer(host.NetworkMode);
  if (shared === undefined && host.NetworkMode !== 'container') return;
  if ((shared ?? '') === '') refuse('invalid network mode: invalid container format container:<name|id>');
  const has = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;
  if (config.Hostname !== '') refuse('conflicting options: hostname and the network mode');
  if (has(host.Links))
    refuse(
      "conflicting options: container type network can't be used with links. This would result in undefined behavior",
    );
  if (has(host.Dns)) refuse('conflicting options: dns and the network mode');
  if (has(host.ExtraHosts)) refuse('conflicting options: custom host-to-IP mapping and the network mode');
  if (Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts)
    refuse('conflicting options: port publishing and the container type network mode');
  if (Object.keys(config.ExposedPorts ?? {}).length > 0)
    refuse('conflicting options: port exposing and the container type network mode');
}

function isDefaultIsolation(isolation: string): boolean {
  return isolation === '' || isolation.toLowerCase() === 'default';
}

/**
 * Checks and normalizes a configuration as dockerd does.
 *
 * @throws INVALID_ARGUMENT with dockerd's texts
 */
export function checkConfig(config: ContainerConfig): void {
  if (config.WorkingDir !== '') {
    if (!config.WorkingDir.startsWith('/'))
      refuse(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
    config.WorkingDir = posix.normalize(config.WorkingDir).replace(/(.)\/$/, '$1');
  }
  if (config.StopSignal !== undefined && config.StopSignal !== '') requestedSignal(config.StopSignal);
  for (const variable of config.Env ?? [])
    if (variable === '' || variable.startsWith('=')) refuse(`invalid environment variable: ${variable}`);
  checkHealthcheck(config.Healthcheck);
  if (Buffer.byteLength(config.Hostname) > maxHostnameLength)
    refuse(`hostname ${quote(config.Hostname)} is too long (maximum ${maxHostnameLength} bytes)`);
}

function checkHealthcheck(check: ContainerConfig['Healthcheck']): void {
  if (check === undefined) return;
  const short = (duration: number | undefined): boolean => (duration ?? 0) !== 0 && (duration ?? 0) < minDuration;
  for (const key of ['Interval', 'Timeout'] as const)
    if (short(check[key])) refuse(`${key} in Healthcheck cannot be less than 1ms`);
  if ((check.Retries ?? 0) < 0) refuse('Retries in Healthcheck cannot be negative');
  for (const key of ['StartPeriod', 'StartInterval'] as const)
    if (short(check[key])) refuse(`${key} in Healthcheck cannot be less than 1ms`);
}

/**
 * Checks a host configuration as dockerd does.
 *
 * @param processors of the host
 * @returns warnings
 * @throws INVALID_ARGUMENT with dockerd's texts
 */
export function checkHostConfig(host: HostConfig, processors: number, update = false): string[] {
  const restarts = host.RestartPolicy.Name !== '' && host.RestartPolicy.Name !== 'no';
  if (host.AutoRemove && restarts) refuse("can't create 'AutoRemove' container with restart policy");
  for (const mount of host.Mounts ?? []) checkMount(mount, true);
  for (const extra of host.ExtraHosts ?? []) checkExtraHost(extra);
  checkPorts(host.PortBindings ?? {});
  checkRestartPolicy(host.RestartPolicy);
  checkCapabilities(host.CapAdd ?? [], 'CapAdd');
  checkCapabilities(host.CapDrop ?? [], 'CapDrop');
  if (!isDefaultIsolation(host.Isolation)) refuse(`invalid isolation '${host.Isolation}' on linux`);
  if (Object.hasOwn(host.Annotations ?? {}, ''))
    refuse('invalid Annotations: the empty string is not permitted as an annotation key');
  const warnings = checkResources(host, processors, update);
  if (!isIpcMode(host.IpcMode)) refuse(`invalid IPC mode: ${host.IpcMode}`);
  if (!isPidMode(host.PidMode)) refuse(`invalid PID mode: ${host.PidMode}`);
  if (host.ShmSize < 0) refuse('SHM size can not be less than 0');
  if (!['', 'host'].includes(host.UTSMode)) refuse(`invalid UTS mode: ${host.UTSMode}`);
  if (host.OomScoreAdj < -1000 || host.OomScoreAdj > 1000)
    refuse(`Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  if (host.NetworkMode === 'host' && Object.keys(host.PortBindings ?? {}).length > 0)
    warnings.push('Published ports are discarded when using host network mode');
  host.Runtime = host.Runtime ? host.Runtime : 'runc';
  if (!['runc', 'io.containerd.runc.v2'].includes(host.Runtime) && shimOf(host.Runtime) === undefined)
    refuse(`unknown or invalid runtime name: ${host.Runtime}`);
  for (const destination of Object.keys(host.Tmpfs ?? {})) checkTmpfs(destination);
  if (!['', 'private', 'host'].includes(host.CgroupnsMode))
    refuse(`invalid cgroup namespace mode: ${host.CgroupnsMode}`);
  return warnings;
}

/**
 * Returns the binary that containerd runs for an unregistered runtime, named by the last two parts. Undefined for an
 * invalid runtime name.
 */
export function shimOf(runtime: string): string | undefined {
  const parts = runtime.split('.');
  return parts.length < 2 || parts[0] === '' || runtime.includes('/')
    ? undefined
    : `containerd-shim-${parts.slice(-2).join('-')}`;
}

function checkExtraHost(entry: string): void {
  const [, name = '', address = ''] = /^([^:]*):(.*)$/.exec(entry) ?? [];
  if (name === '') refuse(`bad format for add-host: ${quote(entry)}`);
  if (address !== 'host-gateway' && !/^(\d{1,3}(\.\d{1,3}){3}|(?=[^:]*:)[0-9a-fA-F:.]*)$/.test(address))
    refuse(`invalid IP address in add-host: ${quote(address)}`);
}

function checkPorts(ports: PortMap): void {
  for (const [port, bindings] of Object.entries(ports)) {
    if (port === '' || port.startsWith('0/'))
      refuse(`invalid port specification: ${quote(port === '' ? 'invalid port' : port)}`);
    for (const { HostPort: range } of bindings ?? []) {
      if (range === '') continue;
      try {
        parsePortRange(range);
      } catch {
        refuse(`invalid port specification: ${quote(range)}`);
      }
    }
  }
}

/**
 * Check a restart policy.
 *
 * @throws INVALID_ARGUMENT with dockerd's texts
 */
export function checkRestartPolicy({ Name: name, MaximumRetryCount: count }: RestartPolicy): void {
  if (name === '') return;
  if (name === 'on-failure') {
    if (count < 0) refuse('invalid restart policy: maximum retry count cannot be negative');
    return;
  }
  if (!['no', 'always', 'unless-stopped'].includes(name))
    refuse(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  if (count === 0) return;
  const also = count < 0 ? ' and cannot be negative' : '';
  refuse(`invalid restart policy: maximum retry count can only be used with 'on-failure'${also}`);
}

function checkTmpfs(destination: string): void {
  if (posix.normalize(destination) === '/') refuse("destination can't be '/'");
  if (!destination.startsWith('/')) refuse(`invalid mount path: '${destination}' mount path must be absolute`);
}
