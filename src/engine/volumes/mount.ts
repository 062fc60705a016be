import {
  type GoType,
  goBool,
  goInt64,
  goString,
  goUint32,
  map,
  named,
  pointer,
  slice,
  struct,
} from '../../support/go/json.js';

/** A mount in a create request (`mount.Mount`). */
export interface Mount {
  Type?: string;
  Source?: string;
  Target?: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: BindOptions;
  VolumeOptions?: VolumeOptions;
  ImageOptions?: { Subpath?: string };
  TmpfsOptions?: TmpfsOptions;
  ClusterOptions?: object;
}

export interface BindOptions {
  Propagation?: string;
  NonRecursive?: boolean;
  CreateMountpoint?: boolean;
  ReadOnlyNonRecursive?: boolean;
  ReadOnlyForceRecursive?: boolean;
}

export interface VolumeOptions {
  NoCopy?: boolean;
  Labels?: Record<string, string>;
  Subpath?: string;
  DriverConfig?: { Name?: string; Options?: Record<string, string> };
}

export interface TmpfsOptions {
  /** Bytes. */
  SizeBytes?: number;
  Mode?: number;
  Options?: (string[] | undefined)[];
}

/** A mount in inspect (`container.MountPoint`). */
export interface MountPoint {
  Type?: string;
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
  Propagation: string;
}

const bindOptionsType = struct<BindOptions>('mount.BindOptions', {
  'Propagation?': named('mount.Propagation'),
  'NonRecursive?': goBool,
  'CreateMountpoint?': goBool,
  'ReadOnlyNonRecursive?': goBool,
  'ReadOnlyForceRecursive?': goBool,
});

const volumeOptionsType = struct<VolumeOptions>('mount.VolumeOptions', {
  'NoCopy?': goBool,
  'Labels?': map(goString),
  'Subpath?': goString,
  'DriverConfig?': pointer(
    struct<{ Name?: string; Options?: Record<string, string> }>('mount.Driver', {
      'Name?': goString,
      'Options?': map(goString),
    }),
  ),
});

const tmpfsOptionsType = struct<TmpfsOptions>('mount.TmpfsOptions', {
  'SizeBytes?': goInt64,
  'Mode?': { ...goUint32, name: 'fs.FileMode' } as GoType<number>,
  'Options?': slice(slice(goString)),
});

/** mount.Mount */
export const mountType: GoType<Mount> = struct<Mount>('mount.Mount', {
  'Type?': named('mount.Type'),
  'Source?': goString,
  'Target?': goString,
  'ReadOnly?': goBool,
  'Consistency?': named('mount.Consistency'),
  'BindOptions?': pointer(bindOptionsType),
  'VolumeOptions?': pointer(volumeOptionsType),
  'ImageOptions?': pointer(struct<{ Subpath?: string }>('mount.ImageOptions', { 'Subpath?': goString })),
  'TmpfsOptions?': pointer(tmpfsOptionsType),
  'ClusterOptions?': pointer(struct<object>('mount.ClusterOptions', {})),
});

/** container.MountPoint */
export const mountPointType: GoType<MountPoint> = struct<MountPoint>('container.MountPoint', {
  'Type?': named('mount.Type'),
  'Name?': goString,
  Source: goString,
  Destination: goString,
  'Driver?': goString,
  Mode: goString,
  RW: goBool,
  Propagation: named('mount.Propagation'),
});
