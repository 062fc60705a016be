import type { Descriptor, Platform } from '../../oci/descriptor.js';
import type { RunConfig } from '../../oci/image-config.js';
import { defaultPath } from '../containers/create/environment.js';
import type { BuildArguments } from './arguments.js';

/** What a stage begins with. */
export interface BaseImage {
  /** Digest; empty for `scratch`. */
  readonly imageId: string;
  readonly manifest: Descriptor | undefined;
  readonly platform: Platform;
  readonly config: RunConfig;
}

/** How far a stage has come. */
export interface StageState {
  /** Digest of the image so far; empty before there is one. */
  imageId: string;
  manifest: Descriptor | undefined;
  readonly platform: Platform;
  config: RunConfig;
  maintainer: string;
  /** Whether CMD was given in this stage: then ENTRYPOINT leaves it. */
  commandSet: boolean;
  /** Whether a step had to be made: then those after it are as well. */
  cacheMissed: boolean;
  readonly arguments: BuildArguments;
}

/** The state after FROM. */
export function beginStage(base: BaseImage, buildArguments: BuildArguments): StageState {
  const { Env: env = [] } = base.config;
  const path = env.some((variable) => variable.startsWith('PATH=')) ? [] : [`PATH=${defaultPath}`];
  return {
    imageId: base.imageId,
    manifest: base.manifest,
    platform: base.platform,
    config: { ...base.config, Env: [...env, ...path] },
    maintainer: '',
    commandSet: false,
    cacheMissed: false,
    arguments: buildArguments,
  };
}

/** What commands in a shell's words are run by. */
export function shellOf({ Shell: shell = [] }: RunConfig): readonly string[] {
  return shell.length > 0 ? shell : ['/bin/sh', '-c'];
}
