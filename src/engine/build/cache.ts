import type { Descriptor } from '../../oci/descriptor.js';
import { type ImageConfig, type RunConfig, runConfigType } from '../../oci/image-config.js';
import { danglingName } from '../../oci/index-file.js';
import { formatPlatform } from '../../oci/platform.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { marshalJson } from '../../support/go/json.js';
import type { Context } from '../context.js';
import { bestManifest } from '../images/manifests.js';
import { imagesOf, resolveImage } from '../images/names.js';
import { storeImage } from '../images/write.js';
import type { StageState } from './state.js';

/**
 * What a step is known by: what its container is made with, and for a step without an image below it the platform, which an image
 * would tell.
 */
export function stepKey(config: RunConfig, { imageId, platform }: Pick<StageState, 'imageId' | 'platform'>): string {
  const key = marshalJson(config, runConfigType);
  return imageId === '' ? `${formatPlatform(platform)} ${key}` : key;
}

/** An image that a step was found to have made before. */
export interface CachedImage {
  readonly digest: string;
  readonly manifest: Descriptor;
}

/** An image whose steps may be taken over. */
interface Source {
  readonly digest: string;
  readonly config: ImageConfig;
  readonly layers: readonly Descriptor[];
}

/** Finds what steps made before (docs/reference/behavior/builder.md#build-cache). */
export class StepCache {
  #sources: readonly Source[] | undefined;

  /** @param from names of images whose steps may be taken over, beside those that were made here */
  constructor(
    private readonly context: Context,
    private readonly from: readonly string[],
  ) {}

  /**
   * The image that a step made of another one.
   *
   * @param state of the build before the step
   * @param probe what the step's container would be made with
   */
  async find(state: Pick<StageState, 'imageId' | 'platform'>, probe: RunConfig): Promise<CachedImage | undefined> {
    const { context } = this;
    const parent = state.imageId;
    const made = context.lineage.childrenOf(
      parent,
      stepKey(probe, state),
      (digest) => imagesOf(context.store, digest).length > 0,
    );
    if (this.from.length === 0) return made === undefined ? undefined : this.#cached(made);
    return this.#among(await this.#load(), state, probe, made);
  }

  async #among(
    sources: readonly Source[],
    state: Pick<StageState, 'imageId' | 'platform'>,
    probe: RunConfig,
    made: string | undefined,
  ): Promise<CachedImage | undefined> {
    const parent = state.imageId;
    const { lineage } = this.context;
    const descends = ({ digest }: Source): boolean => digest === made || lineage.ancestors(digest).includes(made ?? '');
    if (made !== undefined && sources.some(descends)) return this.#cached(made);
    const base = parent === '' ? undefined : await this.#read(parent);
    const steps = base?.config.history ?? [];
    const createdBy = (probe.Cmd ?? []).join(' ');
    const source = sources.find(
      ({ config }) =>
        config.history?.[steps.length]?.created_by === createdBy && beginsWith(config, base?.config, steps.length),
    );
    if (source === undefined) return undefined;
    // Steps of several images do not make one.
    this.#sources = [source];
    return this.#restored(source, state, probe, steps.length + 1);
  }

  /** The image as it was after so many steps. */
  async #restored(
    source: Source,
    state: Pick<StageState, 'imageId' | 'platform'>,
    probe: RunConfig,
    count: number,
  ): Promise<CachedImage> {
    const { context } = this;
    const parent = state.imageId;
    const { history = [], rootfs } = source.config;
    if (history.length === count) {
      if (parent !== '') context.lineage.recordOrigin(source.digest, { parent, step: stepKey(probe, state) });
      return this.#cached(source.digest);
    }
    const steps = history.slice(0, count);
    const layers = steps.filter((step) => step.empty_layer !== true).length;
    const last = steps.at(-1);
    const config: ImageConfig = {
      ...source.config,
      ...(last?.created !== undefined && { created: last.created }),
      history: steps,
      rootfs: { ...rootfs, diff_ids: (rootfs.diff_ids ?? []).slice(0, layers) },
      config: probe,
    };
    const manifest = await storeImage(context.store.content, config, source.layers.slice(0, layers), 4);
    await context.store.put(danglingName(manifest.digest), manifest);
    context.lineage.recordOrigin(manifest.digest, { parent, step: stepKey(probe, state) });
    return { digest: manifest.digest, manifest };
  }

  async #load(): Promise<readonly Source[]> {
    if (this.#sources !== undefined) return this.#sources;
    const found: Source[] = [];
    for (const name of this.from) {
      try {
        found.push(await this.#read(name));
      } catch (error) {
        // What is not there is no help, and no harm.
        if (!(error instanceof AttestdError)) throw error;
        this.context.debug(`no cache from ${name}: ${error.message}`);
      }
    }
    this.#sources = found;
    return found;
  }

  async #read(name: string): Promise<Source> {
    const { context } = this;
    const image = resolveImage(context.store, name);
    const { config, layers = [] } = await context.manifests.manifest(
      await bestManifest(context, image, 'strict', undefined),
    );
    return { digest: image.target.digest, config: await context.manifests.config(config), layers };
  }

  async #cached(digest: string): Promise<CachedImage> {
    const { context } = this;
    return { digest, manifest: await bestManifest(context, resolveImage(context.store, digest), 'strict', undefined) };
  }
}

/** Whether an image begins with the steps and layers of another one. */
function beginsWith(image: ImageConfig, base: ImageConfig | undefined, steps: number): boolean {
  if (base === undefined) return true;
  const layers = base.rootfs.diff_ids ?? [];
  const sameSteps = (base.history ?? []).every(
    ({ created_by: by }, i) => i >= steps || image.history?.[i]?.created_by === by,
  );
  return sameSteps && layers.every((layer, i) => image.rootfs.diff_ids?.[i] === layer);
}
