import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import type { Mount, MountPoint } from './mount.js';

/** A requested mount in its parsed form. */
export interface PlannedMount {
  readonly point: MountPoint;
  /** The path below the root of the volume or image. */
  readonly subpath: string;
  /** Whether a fresh volume gets what the image has there. */
  readonly copy: boolean;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  /** Size of a tmpfs in bytes. Undefined: unlimited. */
  readonly size?: number | undefined;
}

const propagations = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'];
const classes: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['z', 'Z'],
  propagations,
  ['nocopy'],
  ['consistent', 'cached', 'delegated'],
];

/** Whether a mode is a list of options, of each kind one at the most. */
function isMode(mode: string): boolean {
  if (mode === '') return true;
  const options = mode.split(',');
  const counts = classes.map((words) => options.filter((option) => words.includes(option)).length);
  return options.every((option) => classes.some((words) => words.includes(option))) && counts.every((n) => n <= 1);
}

/** dockerd takes what it cannot parse here for its own fault. */
const internal = (reason: string): AttestdError => new AttestdError('INTERNAL', reason);

/**
 * Read a bind: `/host:/path`, `volume:/path:ro`, `/path`.
 *
 * @param driver of volumes, where the container names one
 * @throws INTERNAL with dockerd's words, as its status is 500
 */
export function parseBind(raw: string, driver: string): PlannedMount {
  const invalid = (): AttestdError => internal(`invalid volume specification: '${raw}'`);
  const parts = raw.split(':');
  const [first = '', second = '', mode = ''] = parts;
  if (first === '' || parts.length > 3) throw invalid();
  if (parts.length === 2 && isMode(second)) throw invalid();
  if (!isMode(mode)) throw internal(`invalid mode: ${mode}`);
  const [source, target] = parts.length === 1 ? ['', first] : [first, second];
  const options = mode.split(',');
  const propagation = options.find((option) => propagations.includes(option));
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const mount: Mount = {
    Type: type,
    Source: source,
    Target: target,
    ReadOnly: options.includes('ro'),
    ...(propagation !== undefined && { BindOptions: { Propagation: propagation } }),
    ...((type === 'volume' || options.includes('nocopy')) && {
      VolumeOptions: { NoCopy: options.includes('nocopy'), ...(driver !== '' && { DriverConfig: { Name: driver } }) },
    }),
  };
  try {
    const planned = parseMount(mount, false);
    return { ...planned, point: { ...planned.point, Mode: mode } };
  } catch (error) {
    throw internal(`invalid volume specification: '${raw}': ${(error as Error).message}`);
  }
}

/**
 * Read a mount of `HostConfig.Mounts`.
 *
 * @param exists whether the source of a bind must be there
 * @throws INVALID_ARGUMENT with dockerd's words
 */
export function parseMount(mount: Mount, exists = true): PlannedMount {
  const { Type: type = '', Source: source = '', Target: target = '', ReadOnly: readOnly = false } = mount;
  checkMount(mount, exists);
  const volume = mount.VolumeOptions;
  const point: MountPoint = {
    Type: type,
    Source: '',
    Destination: posix.normalize(target).replace(/(.)\/$/, '$1'),
    Mode: '',
    RW: !readOnly,
    Propagation: '',
  };
  if (type === 'volume') {
    if (source !== '') point.Name = source;
    const driver = volume?.DriverConfig?.Name;
    if (driver) point.Driver = driver;
  } else if (type === 'bind') {
    point.Source = posix.normalize(source).replace(/(.)\/$/, '$1');
    point.Propagation = mount.BindOptions?.Propagation || 'rprivate';
  } else if (type === 'image') {
    point.Source = source;
    point.Propagation = 'rprivate';
  }
  return {
    point,
    subpath: volume?.Subpath ?? mount.ImageOptions?.Subpath ?? '',
    copy: !volume?.NoCopy,
    labels: volume?.Labels,
    options: volume?.DriverConfig?.Options,
    size: mount.TmpfsOptions?.SizeBytes,
  };
}

/**
 * Check a mount by itself.
 *
 * @param exists whether the source of a bind must be there
 * @throws INVALID_ARGUMENT with dockerd's words
 */
export function checkMount(mount: Mount, exists: boolean): void {
  const { Type: type = '', Source: source = '', Target: target = '' } = mount;
  const refuse = (reason: string): never => {
    throw new AttestdError('INVALID_ARGUMENT', `invalid mount config for type ${quote(type)}: ${reason}`);
  };
  const exclusive = { BindOptions: 'bind', VolumeOptions: 'volume', ImageOptions: 'image', TmpfsOptions: 'tmpfs' };
  for (const [key, owner] of Object.entries(exclusive))
    if (type !== owner && mount[key as keyof typeof exclusive] !== undefined)
      refuse(`field ${key} must not be specified`);
  if (target === '') refuse('field Target must not be empty');
  if (posix.normalize(target) === '/') refuse("invalid specification: destination can't be '/'");
  if (!target.startsWith('/')) refuse(`invalid mount path: '${target}' mount path must be absolute`);
  const subpath = mount.VolumeOptions?.Subpath ?? mount.ImageOptions?.Subpath ?? '';
  if (subpath !== '' && !isLocal(subpath)) refuse('subpath must be a relative path within the volume');
  switch (type) {
    case 'bind':
      checkBind(mount, source, exists, refuse);
      break;
    case 'volume':
      if (source === '' && subpath !== '') refuse('must not set Subpath when using anonymous volumes');
      break;
    case 'tmpfs':
      if (source !== '') refuse('field Source must not be specified');
      checkTmpfsOptions(mount, refuse);
      break;
    case 'image':
      if (source === '') refuse('field Source must not be empty');
      break;
    default:
      refuse('mount type unknown');
  }
}

function checkBind(mount: Mount, source: string, exists: boolean, refuse: (reason: string) => never): void {
  if (source === '') refuse('field Source must not be empty');
  const propagation = mount.BindOptions?.Propagation ?? '';
  if (propagation !== '' && !propagations.includes(propagation)) refuse(`invalid propagation mode: ${propagation}`);
  if (!source.startsWith('/')) refuse(`invalid mount path: '${source}' mount path must be absolute`);
  if (exists && !mount.BindOptions?.CreateMountpoint && !existsSync(source))
    refuse(`bind source path does not exist: ${source}`);
}

function checkTmpfsOptions({ TmpfsOptions: options }: Mount, refuse: (reason: string) => never): void {
  for (const option of options?.Options ?? []) {
    const [name = '', ...values] = option ?? [];
    if (option === undefined || option.length === 0 || values.length > 1) refuse('invalid option array length');
    if (!['exec', 'noexec'].includes(name)) refuse(`invalid option: ${name}`);
  }
}

/** Whether a path stays below where it begins. */
function isLocal(path: string): boolean {
  if (path.startsWith('/')) return false;
  const clean = posix.normalize(path);
  return clean !== '..' && !clean.startsWith('../');
}

/**
 * Read `HostConfig.VolumesFrom`: `container`, `container:ro`.
 *
 * @throws INVALID_ARGUMENT with dockerd's words
 */
export function parseVolumesFrom(spec: string): { readonly container: string; readonly readOnly: boolean } {
  if (spec === '') throw new AttestdError('INVALID_ARGUMENT', 'volumes-from specification cannot be an empty string');
  const at = spec.indexOf(':');
  const mode = at < 0 ? 'rw' : spec.slice(at + 1) || 'rw';
  const options = mode.split(',');
  if (!isMode(mode) || options.some((option) => propagations.includes(option) || option === 'nocopy'))
    throw new AttestdError('INVALID_ARGUMENT', `invalid mode: ${mode}`);
  return { container: at < 0 ? spec : spec.slice(0, at), readOnly: options.includes('ro') };
}
