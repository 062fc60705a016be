import { posix } from 'node:path';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { Budget } from '../../support/sandbox/fs/budget.js';
import { createFileSystem } from '../../support/sandbox/fs/file-system.js';
import type { ArchiveEntry, FileSystem } from '../../support/sandbox/fs/types.js';
import type { Container } from '../containers/container.js';
import { asynchronous } from '../containers/io/archive-entries.js';
import type { Context } from '../context.js';
import { bestManifest } from '../images/manifests.js';
import { resolveImage } from '../images/names.js';
import { maxMounts } from '../limits.js';
import type { MountRecord } from '../state/records.js';
import { checkDevice } from './device.js';
import type { MountPoint } from './mount.js';
import { type PlannedMount, parseBind, parseMount, parseVolumesFrom } from './parse.js';
import { isAnonymous, type Volume } from './store.js';
import { resolveSubpath } from './subpath.js';

/** Bytes of a page. */
const smallestTmpfs = 4096;

/** A mount of a container, and where its data is. */
export interface ContainerMount {
  readonly point: MountPoint;
  readonly volume?: Volume | undefined;
  /** Digest of an image that is mounted. */
  readonly imageId?: string | undefined;
  readonly fileSystem: FileSystem;
  /** The visible part of the file system. */
  readonly path: string;
  readonly copy: boolean;
  /** Whether the image's or the request's `Volumes` asked for it, not a bind or mount. */
  readonly implicit?: boolean;
}

/**
 * Work out what a container has mounted where, and make the volumes that are not there (docs/reference/behavior/files.md#mounts).
 *
 * @throws INTERNAL for binds that cannot be parsed; INVALID_ARGUMENT for other mounts, and too many; NOT_FOUND for an image
 */
export async function registerMounts(context: Context, container: Container): Promise<void> {
  const { hostConfig, config } = container;
  const requested = [
    hostConfig.Binds,
    hostConfig.Mounts,
    Object.keys(config.Volumes ?? {}),
    Object.keys(hostConfig.Tmpfs ?? {}),
  ];
  if (requested.reduce((sum, list) => sum + (list?.length ?? 0), 0) > maxMounts)
    throw new AttestdError('INVALID_ARGUMENT', `a container has at most ${maxMounts} mounts`);
  const mounts = container.mountSources;
  for (const spec of hostConfig.VolumesFrom ?? []) takeFrom(context, container, spec);
  const own = new Set<string>();
  const add = async (planned: PlannedMount, asBind: boolean): Promise<void> => {
    const { Destination: destination } = planned.point;
    if (own.has(destination) || (asBind && Object.hasOwn(hostConfig.Tmpfs ?? {}, destination)))
      throw new AttestdError('INVALID_ARGUMENT', `Duplicate mount point: ${destination}`);
    own.add(destination);
    forget(container, destination);
    mounts.set(destination, await makeMount(context, container, planned));
  };
  for (const bind of hostConfig.Binds ?? []) await add(parseBind(bind, hostConfig.VolumeDriver), true);
  for (const mount of hostConfig.Mounts ?? []) await add(parseMount(mount), false);
  for (const spec of Object.keys(config.Volumes ?? {})) {
    const destination = posix.normalize(spec).replace(/(.)\/$/, '$1');
    if (mounts.has(destination) || Object.hasOwn(hostConfig.Tmpfs ?? {}, destination)) continue;
    const mount = await makeMount(context, container, {
      point: { Type: 'volume', Source: '', Destination: destination, Mode: '', RW: true, Propagation: '' },
      subpath: '',
      copy: true,
    });
    mount.point.Mode = '';
    mounts.set(destination, { ...mount, implicit: true });
  }
  container.mounts = [...mounts.values()].map(({ point }) => point);
}

/** A mount replaces an earlier one at the same destination. */
function forget(container: Container, destination: string): void {
  container.mountSources.get(destination)?.volume?.users.delete(container.id);
}

function takeFrom(context: Context, container: Container, spec: string): void {
  const { container: name, readOnly } = parseVolumesFrom(spec);
  let other: Container;
  try {
    other = context.containers.resolve(name);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', (error as Error).message, { cause: error });
  }
  for (const [destination, mount] of other.mountSources) {
    mount.volume?.users.add(container.id);
    forget(container, destination);
    const point = { ...mount.point, Mode: '', RW: mount.point.RW && !readOnly };
    container.mountSources.set(destination, { ...mount, point, copy: false });
  }
}

async function makeMount(context: Context, container: Container, planned: PlannedMount): Promise<ContainerMount> {
  const { point, subpath, copy, labels, options, size } = planned;
  const path = subpath === '' ? '/' : `/${subpath}`;
  switch (point.Type) {
    case 'volume': {
      const volume = context.volumes.create({
        Name: point.Name ?? '',
        Driver: point.Driver ?? '',
        ...(labels && { Labels: { ...labels } }),
        ...(options && { DriverOpts: { ...options } }),
      });
      volume.users.add(container.id);
      const mode = point.Mode === '' ? 'z' : point.Mode;
      const { Type, Destination, RW, Propagation } = point;
      const order = { Type, Name: volume.name, Source: volume.mountpoint, Destination };
      const full = { ...order, Driver: volume.driver, Mode: mode, RW, Propagation } as MountPoint;
      return { point: full, volume, fileSystem: volume.fileSystem, path, copy };
    }
    case 'tmpfs': {
      // Less than a page is a page.
      const budget = size === undefined || size <= 0 ? context.layerBudget : new Budget(Math.max(size, smallestTmpfs));
      return { point, fileSystem: createFileSystem({ budget, clock: context.timers }), path: '/', copy: false };
    }
    case 'image': {
      const image = resolveImage(context.store, point.Source);
      const manifest = await bestManifest(context, image, 'strict', undefined);
      const snapshot = await context.rootfs.snapshot(manifest);
      const fileSystem = createFileSystem({ snapshot, budget: context.layerBudget, clock: context.timers });
      const directory = `${context.settings.dataRoot}/rootfs/overlayfs/${image.target.digest.slice('sha256:'.length)}`;
      const shown = { ...point, Name: point.Source, Source: directory, RW: false };
      return { point: shown, imageId: image.target.digest, fileSystem, path, copy: false };
    }
    default:
      context.machine.mkdir(point.Source, { recursive: true });
      return { point, fileSystem: context.machine, path: point.Source, copy: false };
  }
}

/**
 * Restores a mount from a record of an earlier daemon. A volume without a record was being created or removed at the
 * time of a power failure; it is restored empty.
 *
 * @throws NOT_FOUND for a missing image
 */
export async function restoreMount(
  context: Context,
  containerId: string,
  record: MountRecord,
): Promise<ContainerMount> {
  const { point, path, copy, implicit, imageId } = record;
  const common = { point, path, copy, implicit, ...(imageId !== '' && { imageId }) };
  if (record.volume !== '') {
    const volume = context.volumes.create({ Name: record.volume });
    volume.users.add(containerId);
    return { ...common, volume, fileSystem: volume.fileSystem };
  }
  if (point.Type === 'bind') return { ...common, fileSystem: context.machine };
  const image = point.Type === 'image' ? resolveImage(context.store, point.Name ?? '') : undefined;
  const snapshot = image && (await context.rootfs.snapshot(await bestManifest(context, image, 'strict', undefined)));
  const fileSystem = createFileSystem({
    budget: context.layerBudget,
    clock: context.timers,
    ...(snapshot && { snapshot }),
  });
  return { ...common, fileSystem };
}

/**
 * Mounts everything in the file system of a starting container. A new volume is filled from the image. Concurrent
 * callers wait for the same mounts.
 */
export function mountAll(context: Context, container: Container): Promise<void> {
  return container.mounting.run(() => mountIfMissing(context, container));
}

async function mountIfMissing(context: Context, container: Container): Promise<void> {
  const { fileSystem, hostConfig } = container;
  if (fileSystem === undefined) return;
  const mounts = [...container.mountSources.values()].sort((a, b) => depth(a) - depth(b));
  // Asked for once: there may be tens of thousands.
  const there = new Set(fileSystem.mounts().keys());
  for (const { point, fileSystem: source, path, copy, volume } of mounts) {
    const { Destination: destination, RW: writable } = point;
    if (there.has(destination)) continue;
    await yieldIfDue();
    if (volume !== undefined) checkDevice(context.machine, volume);
    const seen = point.Type === 'volume' || point.Type === 'image' ? resolveSubpath(source, path) : path;
    // Concurrent callers wait until the first one has filled the volume.
    await volume?.filling.run(async () => {
      if (copy) await populate(fileSystem, destination, source, seen);
    });
    const shown = { fileSystem: source, path: seen, readOnly: !writable };
    fileSystem.mount(destination, point.Type === 'tmpfs' ? { ...shown, type: 'tmpfs' } : shown);
    there.add(fileSystem.realPath(destination));
    if (volume !== undefined)
      context.events.log('volume', 'mount', {
        id: volume.name,
        attributes: {
          container: container.id,
          destination,
          driver: volume.driver,
          propagation: point.Propagation,
          'read/write': String(writable),
        },
      });
  }
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs ?? {})) {
    if (there.has(destination)) continue;
    await yieldIfDue();
    fileSystem.mount(destination, {
      fileSystem: createFileSystem({ budget: context.layerBudget, clock: context.timers }),
      path: '/',
      readOnly: options.split(',').findLast((option) => ['ro', 'rw'].includes(option)) === 'ro',
      type: 'tmpfs',
    });
    there.add(fileSystem.realPath(destination));
  }
}

const depth = ({ point }: ContainerMount): number => point.Destination.split('/').length;

/** Copy what lies at a mount point into a volume, or the part of it that is mounted, that is still empty. */
async function populate(from: FileSystem, path: string, to: FileSystem, part: string): Promise<void> {
  if (from.find(path)?.type !== 'directory' || to.find(part)?.type !== 'directory' || !to.isEmpty(part)) return;
  await to.extract(part, asynchronous(below(from.entries(path, { name: '.' }))));
}

function* below(entries: Iterable<ArchiveEntry>): Generator<ArchiveEntry> {
  for (const entry of entries) {
    const name = entry.name.replace(/^\.\/?/, '');
    const target = entry.type === 'hardlink' ? entry.target.replace(/^\.\/?/, '') : entry.target;
    if (name !== '') yield { ...entry, name, target };
  }
}

/** Logs the unmount of a container's volumes after its process has ended. */
export function unmountAll(context: Context, container: Container): void {
  for (const { volume } of container.mountSources.values())
    if (volume !== undefined)
      context.events.log('volume', 'unmount', {
        id: volume.name,
        attributes: { container: container.id, driver: volume.driver },
      });
}

/** Releases a container's mounts. With `remove`, deletes its anonymous volumes. */
export async function releaseMounts(context: Context, container: Container, remove: boolean): Promise<void> {
  for (const { volume } of container.mountSources.values()) {
    if (volume === undefined) continue;
    volume.users.delete(container.id);
    if (remove && isAnonymous(volume) && volume.users.size === 0) context.volumes.remove(volume);
  }
  container.mountSources.clear();
}
