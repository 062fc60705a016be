import {
  type GoType,
  goBool,
  goInt,
  goInt64,
  goString,
  goTime,
  map,
  pointer,
  slice,
  struct,
} from '../support/go/json.js';
import { digestType } from './manifest.js';

/** How to check that a container is healthy; durations in nanoseconds. */
export interface Healthcheck {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

/** What a container of the image runs with (image-spec, config.md, and Docker's additions). */
export interface RunConfig {
  User?: string;
  ExposedPorts?: Record<string, object>;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
  ArgsEscaped?: boolean;
  Healthcheck?: Healthcheck;
  OnBuild?: string[];
  Shell?: string[];
}

/** A step of the image's making. */
export interface HistoryEntry {
  created?: string;
  created_by?: string;
  author?: string;
  comment?: string;
  empty_layer?: boolean;
}

/** An image configuration. */
export interface ImageConfig {
  created?: string;
  author?: string;
  architecture: string;
  os: string;
  'os.version'?: string;
  'os.features'?: string[];
  variant?: string;
  rootfs: { type: string; diff_ids?: string[] | undefined };
  history?: HistoryEntry[];
  config: RunConfig;
}

const nanoseconds = { ...goInt64, name: 'time.Duration' } as GoType<number>;

/** v1.HealthcheckConfig */
export const healthcheckType: GoType<Healthcheck> = struct<Healthcheck>('v1.HealthcheckConfig', {
  'Test?': slice(goString),
  'Interval?': nanoseconds,
  'Timeout?': nanoseconds,
  'StartPeriod?': nanoseconds,
  'StartInterval?': nanoseconds,
  'Retries?': goInt,
});

/** A set's values. */
const emptyType = struct<object>('struct {}', {});

/** v1.DockerOCIImageConfig */
export const runConfigType: GoType<RunConfig> = struct<RunConfig>('v1.DockerOCIImageConfig', {
  'User?': goString,
  'ExposedPorts?': map(emptyType),
  'Env?': slice(goString),
  'Entrypoint?': slice(goString),
  'Cmd?': slice(goString),
  'Volumes?': map(emptyType),
  'WorkingDir?': goString,
  'Labels?': map(goString),
  'StopSignal?': goString,
  'ArgsEscaped?': goBool,
  'Healthcheck?': pointer(healthcheckType),
  'OnBuild?': slice(goString),
  'Shell?': slice(goString),
});

const historyType = struct<HistoryEntry>('v1.History', {
  'created?': pointer(goTime),
  'created_by?': goString,
  'author?': goString,
  'comment?': goString,
  'empty_layer?': goBool,
});

const rootfsType = struct<ImageConfig['rootfs']>('v1.RootFS', { type: goString, diff_ids: slice(digestType) });

/** v1.DockerOCIImage */
export const imageConfigType: GoType<ImageConfig> = struct<ImageConfig>('v1.DockerOCIImage', {
  'created?': pointer(goTime),
  'author?': goString,
  architecture: goString,
  os: goString,
  'os.version?': goString,
  'os.features?': slice(goString),
  'variant?': goString,
  rootfs: rootfsType,
  'history?': slice(historyType),
  config: runConfigType,
});
