import type { Descriptor } from '../../oci/descriptor.js';
import type { ImageConfig, RunConfig } from '../../oci/image-config.js';
import { danglingName } from '../../oci/index-file.js';
import { familiarString, type NamedReference } from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import type { ArchiveEntry } from '../../support/sandbox/fs/types.js';
import type { Context } from '../context.js';
import { applyChanges } from '../dockerfile/changes.js';
import { logImageEvent } from '../images/events.js';
import { nameImage } from '../images/tag.js';
import { storeImage, storeLayer } from '../images/write.js';
import type { Container } from './container.js';
import type { ContainerConfig } from './create/config.js';
import { mergeConfig } from './create/merge.js';
import { logContainerEvent } from './events.js';
import { tarOfEntries } from './io/archive-entries.js';
import { pauseContainer, unpauseContainer } from './run/stop.js';

/** Options of a commit. */
export interface CommitOptions {
  readonly reference: NamedReference | undefined;
  readonly author: string;
  readonly comment: string;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  /** The configuration of the new image. Default: the container's configuration. */
  readonly config: ContainerConfig | undefined;
  /** Whether to pause the container during the commit. */
  readonly pause: boolean;
}

/**
 * `POST /commit` (docs/reference/behavior/files.md#container-commit).
 *
 * @returns the image's digest
 * @throws NOT_FOUND; CONFLICT if the container is being removed or is dead; INVALID_ARGUMENT for invalid changes
 */
export async function commitContainer(context: Context, name: string, options: CommitOptions): Promise<string> {
  const container = context.containers.resolve(name);
  const { state } = container;
  if (state.dead) throw new AttestdError('CONFLICT', `You cannot commit container ${container.id} which is Dead`);
  if (state.removing)
    throw new AttestdError('CONFLICT', `You cannot commit container ${container.id} which is being removed`);
  const pauses = options.pause && state.running && !state.paused && !state.restarting;
  if (pauses) await pauseContainer(context, container.id);
  try {
    const config = imageConfig(container, options);
    const { author, comment } = options;
    const createdBy = (container.config.Cmd ?? []).join(' ');
    const image = await commitLayer(context, container, { author, comment, config, createdBy });
    if (options.reference !== undefined) await nameImage(context, options.reference, image);
    logContainerEvent(context, container, 'commit', {
      comment,
      imageID: image.digest,
      imageRef: options.reference === undefined ? '' : familiarString(options.reference),
    });
    return image.digest;
  } finally {
    if (pauses && state.paused) await unpauseContainer(context, container.id);
  }
}

/** Applies the changes to the given configuration and fills the rest from the container's configuration. */
function imageConfig({ config }: Container, { config: given, changes }: CommitOptions): RunConfig {
  const base = { ...(given ?? config) };
  // Variables in a change expand to values of the configuration.
  const changed = { ...base, ...applyChanges(changes, runConfigOf(base)) };
  mergeConfig(changed, runConfigOf(config));
  return runConfigOf(changed);
}

/** The part of a container's configuration that an image has. */
export function runConfigOf(config: ContainerConfig): RunConfig {
  const { User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels } = config;
  const { StopSignal, ArgsEscaped, Healthcheck, OnBuild, Shell } = config;
  return Object.fromEntries(
    Object.entries({
      User,
      ExposedPorts,
      Env,
      Entrypoint,
      Cmd,
      Volumes,
      WorkingDir,
      Labels,
      StopSignal,
      ArgsEscaped,
      Healthcheck,
      OnBuild,
      Shell,
    }).filter(([, value]) => value !== undefined),
  ) as RunConfig;
}

/** The description of the step in the image's history. */
export interface CommitStep {
  readonly author: string;
  readonly comment: string;
  readonly config: RunConfig;
  /** The `created_by` entry of the history. */
  readonly createdBy: string;
  /** Cache key of the build step. */
  readonly step?: string;
}

/** An image, and a writable layer above it. */
export type CommitSource = Pick<Container, 'imageId' | 'manifest' | 'platform' | 'fileSystem'>;

/**
 * Make an image of another one and the writable layer above it, without a name.
 *
 * @returns its manifest
 */
export async function commitLayer(context: Context, source: CommitSource, step: CommitStep): Promise<Descriptor> {
  const { content } = context.store;
  const created = formatGoTime(new Date(context.timers.now()));
  const base = await baseOf(context, source);
  const { fileSystem } = source;
  const layer =
    fileSystem === undefined || isEmpty(fileSystem.layer())
      ? undefined
      : await storeLayer(content, tarOfEntries(fileSystem.layer()));
  const author = step.author || base.config.author;
  const config: ImageConfig = {
    created,
    ...(author && { author }),
    architecture: source.platform.architecture,
    os: source.platform.os,
    rootfs: { type: 'layers', diff_ids: [...(base.config.rootfs?.diff_ids ?? []), ...(layer ? [layer.diffId] : [])] },
    history: [
      ...(base.config.history ?? []),
      {
        created,
        created_by: step.createdBy,
        ...(author && { author }),
        ...(step.comment && { comment: step.comment }),
        ...(layer === undefined && { empty_layer: true }),
      },
    ],
    config: step.config,
  };
  const target = await storeImage(content, config, [...base.layers, ...(layer ? [layer.descriptor] : [])], 4);
  await context.store.put(danglingName(target.digest), target);
  context.lineage.recordOrigin(target.digest, { parent: source.imageId, step: step.step ?? '' });
  await logImageEvent(context, target.digest, target.digest, 'create');
  await context.snapshots.unpack(target, danglingName(target.digest));
  return target;
}

function isEmpty(layer: Iterable<ArchiveEntry>): boolean {
  for (const _ of layer) return false;
  return true;
}

interface Base {
  readonly config: Partial<ImageConfig>;
  readonly layers: readonly Descriptor[];
}

async function baseOf({ manifests: documents }: Context, { manifest }: CommitSource): Promise<Base> {
  if (manifest === undefined) return { config: {}, layers: [] };
  const { config, layers = [] } = await documents.manifest(manifest);
  return { config: await documents.config(config), layers };
}
