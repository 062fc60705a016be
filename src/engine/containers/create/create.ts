import { hostname } from 'node:os';
import type { Descriptor, Platform } from '../../../oci/descriptor.js';
import type { RunConfig } from '../../../oci/image-config.js';
import { formatPlatformAll } from '../../../oci/platform.js';
import { AttestdError } from '../../../support/foundation/errors.js';
import { FileSystemError } from '../../../support/sandbox/fs/errors.js';
import { createFileSystem } from '../../../support/sandbox/fs/file-system.js';
import type { FileSystem } from '../../../support/sandbox/fs/types.js';
import type { Context } from '../../context.js';
import { matcherFor, platformNotFound } from '../../images/manifests.js';
import { resolveImage } from '../../images/names.js';
import { chooseImage } from '../../images/summary.js';
import { prepareEndpoints } from '../../networks/attach.js';
import { checkEndpoints } from '../../networks/endpoint-check.js';
import { processorCount } from '../../processors.js';
import { registerMounts, releaseMounts } from '../../volumes/mounts.js';
import { Container } from '../container.js';
import { logContainerEvent } from '../events.js';
import { Streams } from '../io/streams.js';
import { ContainerLog } from '../logs/log.js';
import { checkLogConfig, logBounds } from '../logs/log-config.js';
import { RestartManager } from '../run/restart-manager.js';
import { newId } from '../store.js';
import { admit, admitMounts, requestOf } from './admission.js';
import type { CreateParts } from './create-request.js';
import type { HostConfig } from './host-config.js';
import { addLinks, checkLinks, releaseLinks } from './links.js';
import { mergeConfig } from './merge.js';
import { sharedContainer, shareWith } from './modes.js';
import { checkSecurity } from './security.js';
import { checkConfig, checkHostConfig } from './validate.js';

/** Options of a container's creation. */
export interface CreateOptions {
  /** Empty for any. */
  readonly name: string;
  readonly platform: Platform | undefined;
  /** `major.minor` of the client's request; none where a build makes the container. */
  readonly apiVersion?: string;
}

/** The base image of a container. */
export interface Origin {
  readonly imageId: string;
  readonly manifest: Descriptor | undefined;
  readonly platform: Platform;
  readonly config: RunConfig;
}

const linksAreOld =
  'Links on the default bridge network are deprecated and will be removed in a future release. Use a custom network instead.';

/** Bytes of /dev/shm. */
const defaultShmSize = 64 * 1024 * 1024;

/**
 * `POST /containers/create` (docs/reference/behavior/containers.md#container-create).
 *
 * @param parts the result of `readCreateRequest`
 * @returns the container, and warnings for the client
 * @throws INVALID_ARGUMENT; NOT_FOUND for the image or its platform; CONFLICT for a name in use; FORBIDDEN if a policy
 * denies it
 */
export async function createContainer(
  context: Context,
  parts: CreateParts,
  options: CreateOptions,
): Promise<{ container: Container; warnings: readonly string[] }> {
  const { config, hostConfig } = parts;
  if (hostConfig.RestartPolicy.Name === '') hostConfig.RestartPolicy.Name = 'no';
  checkConfig(config);
  const request = context.admission && requestOf(parts);
  const warnings = checkHostConfig(hostConfig, processorCount());
  const origin = await originOf(context, config.Image, options.platform);
  if (options.platform === undefined && config.Image !== '')
    warnings.push(...platformWarning(context, origin.platform));
  checkEndpoints(context, parts.endpoints);
  adaptHostConfig(context, hostConfig);
  mergeConfig(config, origin.config);
  if (config.Entrypoint?.length === 1 && config.Entrypoint[0] === '') config.Entrypoint = undefined;
  if ((config.Entrypoint ?? []).length === 0 && (config.Cmd ?? []).length === 0)
    throw new AttestdError('INVALID_ARGUMENT', 'no command specified');
  checkLogConfig(hostConfig.LogConfig);
  if (hostConfig.NetworkMode === 'bridge' && (hostConfig.Links ?? []).length > 0) warnings.push(linksAreOld);
  const asked = request && requestedUses(request, options);
  if (asked) {
    const { imageId: digest, platform } = origin;
    warnings.push(...(await admit(context, { reference: config.Image, digest, platform, container: asked })));
  }
  const container = await createRecord(context, parts, options.name, origin, async (made) => {
    if (asked) warnings.push(...(await admitMounts(context, made, asked)));
  });
  logContainerEvent(context, container, 'create');
  return { container, warnings: [...warnings, ...parts.warnings] };
}

function requestedUses(request: Readonly<Record<string, unknown>>, { name, apiVersion }: CreateOptions) {
  return { action: 'create', ...(name !== '' && { name }), ...(apiVersion && { apiVersion }), request } as const;
}

/**
 * Assigns the name, the file system, mounts and networks. A failure rolls everything back.
 *
 * @param mounted called once the image names of the mounts are resolved
 */
async function createRecord(
  context: Context,
  parts: CreateParts,
  requestedName: string,
  origin: Origin,
  mounted: (container: Container) => Promise<void>,
): Promise<Container> {
  const { config, hostConfig, endpoints } = parts;
  const id = newId();
  const name = context.containers.reserve(id, requestedName);
  if (config.Hostname === '') config.Hostname = hostConfig.NetworkMode === 'host' ? hostname() : id.slice(0, 12);
  const log = new ContainerLog(context.timers, logBounds(hostConfig.LogConfig), context.logQuota);
  const container = new Container({
    id,
    name,
    createdAt: context.timers.now(),
    config,
    hostConfig,
    imageId: origin.imageId,
    manifest: origin.manifest,
    platform: origin.platform,
    restarts: new RestartManager(hostConfig.RestartPolicy, context.timers),
    log,
    streams: new Streams(log),
  });
  try {
    checkSecurity(hostConfig.SecurityOpt ?? []);
    prepareEndpoints(context, container, endpoints);
    await registerMounts(context, container);
    await mounted(container);
    const links = hostConfig.Links ?? [];
    checkLinks(context, links);
    const snapshot = await context.rootfs.forContainer(origin.manifest);
    container.fileSystem = createFileSystem({ snapshot, budget: context.layerBudget, clock: context.timers });
    createWorkingDir(container.fileSystem, config.WorkingDir);
    context.containers.add(container);
    addLinks(context, container, links);
    return container;
  } catch (error) {
    releaseLinks(context, container, name);
    context.containers.remove(container);
    await releaseMounts(context, container, true);
    throw error;
  }
}

/**
 * Creates the working directory if it does not exist.
 *
 * @throws INTERNAL if a file is in its way
 */
function createWorkingDir(fileSystem: FileSystem, path: string): void {
  if (path === '') return;
  const there = fileSystem.find(path);
  if (there?.type === 'directory') return;
  if (there !== undefined) throw new AttestdError('INTERNAL', `Cannot mkdir: ${path} is not a directory`);
  try {
    fileSystem.mkdir(path, { mode: 0o755, recursive: true });
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    throw new AttestdError('INTERNAL', `lstat ${path}: ${error.text.toLowerCase()}`, { cause: error });
  }
}

/**
 * Resolves the reference or id of a container's base image. An empty reference is an empty image.
 *
 * @throws INVALID_REFERENCE; NOT_FOUND if the image or platform does not exist
 */
export async function originOf(context: Context, reference: string, platform: Platform | undefined): Promise<Origin> {
  if (reference === '') return { imageId: '', manifest: undefined, platform: context.host, config: {} };
  const image = resolveImage(context.store, reference);
  const matcher = matcherFor(context, 'strict', platform);
  // A local image of another platform is preferred to the host platform's image if that is not local.
  const best = (await chooseImage(context, image, matcher, true)) ?? (await chooseImage(context, image, matcher));
  if (best === undefined) throw platformNotFound(reference, platform);
  const { architecture = '', os = '', variant } = best.config ?? {};
  return {
    imageId: image.target.digest,
    manifest: best.manifest,
    platform: { architecture, os, ...(variant && { variant }) },
    config: best.config?.config ?? {},
  };
}

function platformWarning(context: Context, platform: Platform): string[] {
  const { host, hostMatcher } = context;
  if (hostMatcher.match(platform)) return [];
  const variant = host.architecture === 'amd64' ? { ...host, variant: 'v3' } : host;
  return [
    `The requested image's platform (${formatPlatformAll(platform)}) does not match the detected host platform ` +
      `(${formatPlatformAll(variant)}) and no specific platform was requested`,
  ];
}

/** Sets the members that the daemon decides if the client does not. */
function adaptHostConfig(context: Context, host: HostConfig): void {
  if (host.Memory > 0 && host.MemorySwap === 0) host.MemorySwap = host.Memory * 2;
  if (host.ShmSize === 0) host.ShmSize = defaultShmSize;
  if (host.IpcMode === '') host.IpcMode = 'private';
  // The machine that is simulated has control groups of version 1.
  if (host.CgroupnsMode === '') host.CgroupnsMode = 'host';
  for (const mode of ['PidMode', 'IpcMode', 'NetworkMode'] as const) {
    const shared = sharedContainer(host[mode]);
    // Without a container name, the shared memory mode is resolved at the start only.
    const id = shared ? idOf(context, shared, mode === 'NetworkMode') : undefined;
    if (id !== undefined) host[mode] = shareWith(id);
  }
  const labelled = (host.SecurityOpt ?? []).some((option) => option.split('=', 1)[0] === 'label');
  if (!labelled && (host.IpcMode === 'host' || host.PidMode === 'host' || host.Privileged))
    host.SecurityOpt = [...(host.SecurityOpt ?? []), 'label=disable'];
  host.OomKillDisable ??= false;
  host.MaskedPaths ??= host.Privileged ? undefined : [...maskedPaths];
  host.ReadonlyPaths ??= host.Privileged ? undefined : [...readonlyPaths];
  host.ConsoleSize = [host.ConsoleSize?.[0] ?? 0, host.ConsoleSize?.[1] ?? 0];
}

/**
 * Returns the id of the container whose namespace is shared.
 *
 * @param later whether an unknown name is kept, because the start reports it
 * @throws INVALID_ARGUMENT for an unknown name
 */
function idOf(context: Context, name: string, later: boolean): string | undefined {
  try {
    return context.containers.resolve(name).id;
  } catch (error) {
    if (later) return undefined;
    throw new AttestdError('INVALID_ARGUMENT', (error as Error).message, { cause: error });
  }
}

const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
