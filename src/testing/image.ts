import type { Platform } from '../oci/descriptor.js';
import { parsePlatform } from '../oci/platform.js';
import { formatReference, parseReference, tagNameOnly } from '../oci/reference.js';
import { tarOf } from '../oci/tar-write.js';
import { type BuiltImage, build } from './build.js';
import { type LayerFiles, layerTar } from './layer.js';
import type { ContainerConfig, ImagePart, ImagePlan, PlatformPlan, StatementPlan } from './plan.js';
import type { SigningKey } from './signing.js';
import { writeFiles } from './sources.js';
import { predicateTypes } from './statements.js';

const nothing: Omit<PlatformPlan, 'platform'> = { layers: [], config: {}, statements: [] };

/**
 * An image that is put together step by step. A builder never changes: each step makes another one, so that variants of
 * an image can be made from the same beginning. Steps before the first `platform` are for every platform, later ones for
 * the platform before them. The same steps make the same digests.
 */
export class ImageBuilder {
  readonly #plan: ImagePlan;
  #built: BuiltImage | undefined;

  /** @param plan what `image` begins with */
  constructor(plan: ImagePlan) {
    this.#plan = plan;
  }

  /**
   * Add a platform.
   *
   * @param platform `os/arch[/variant]`, or a platform with more to it
   * @throws AttestdError INVALID_PLATFORM
   */
  platform(platform: string | Platform): ImageBuilder {
    const parsed = typeof platform === 'string' ? parsePlatform(platform) : platform;
    return this.#with({ platforms: [...this.#plan.platforms, { ...this.#plan.shared, platform: parsed }] });
  }

  /**
   * Add a layer; an image without one gets a layer of one file.
   *
   * @param files content by absolute path
   * @throws AttestdError INVALID_ARGUMENT for a path that is not absolute or leads upwards
   */
  layer(files: LayerFiles): ImageBuilder {
    const tar = layerTar(files);
    return this.#change((plan) => ({ layers: [...plan.layers, tar] }));
  }

  /** Set fields of the container's configuration; the others stay. */
  config(fields: ContainerConfig): ImageBuilder {
    return this.#change((plan) => ({ config: { ...plan.config, ...fields } }));
  }

  /** Add a label, or set it anew. */
  label(name: string, value: string): ImageBuilder {
    return this.#change((plan) => ({ config: { ...plan.config, Labels: { ...plan.config.Labels, [name]: value } } }));
  }

  /** Add a variable of the environment; PATH is there unless another is given. */
  env(name: string, value: string): ImageBuilder {
    return this.#change((plan) => {
      const others = (plan.config.Env ?? []).filter((variable) => !variable.startsWith(`${name}=`));
      return { config: { ...plan.config, Env: [...others, `${name}=${value}`] } };
    });
  }

  /** The command, in exec form. */
  cmd(...words: readonly string[]): ImageBuilder {
    return this.config({ Cmd: words });
  }

  /** What the command is given to, in exec form. */
  entrypoint(...words: readonly string[]): ImageBuilder {
    return this.config({ Entrypoint: words });
  }

  /** Attach SLSA v1 provenance; fields of the predicate replace those of an ordinary one. */
  provenance(predicate: Readonly<Record<string, unknown>> = {}): ImageBuilder {
    return this.#attach({ predicateType: predicateTypes.provenance, predicate });
  }

  /** Attach an SPDX document; its fields replace those of a document with one package. */
  sbom(document: Readonly<Record<string, unknown>> = {}): ImageBuilder {
    return this.#attach({ predicateType: predicateTypes.spdx, predicate: document });
  }

  /**
   * Attach a statement of any type.
   *
   * @param content the predicate; or, as text or bytes, the whole document, which is kept byte for byte, JSON or not
   */
  statement(predicateType: string, content: Readonly<Record<string, unknown>> | string | Uint8Array): ImageBuilder {
    if (typeof content === 'string') return this.#attach({ predicateType, verbatim: Buffer.from(content) });
    if (content instanceof Uint8Array) return this.#attach({ predicateType, verbatim: Buffer.from(content) });
    return this.#attach({ predicateType, predicate: content });
  }

  /** How attestations are stored: as OCI artifacts, or in the form of older BuildKit versions, which looks like an image. */
  storage(form: 'artifact' | 'legacy'): ImageBuilder {
    return this.#with({ storage: form });
  }

  /**
   * Sign the attestation manifests, as cosign does; may be called with several keys.
   *
   * @param form `bundle`: a sigstore bundle that refers to what it signs; `simple`: cosign's older form, an image under a
   *   tag made of the digest
   */
  signedBy(key: SigningKey, form: 'bundle' | 'simple' = 'bundle'): ImageBuilder {
    return this.#with({ signatures: [...this.#plan.signatures, { key, form }] });
  }

  /** When the image was made; 2024-01-02T03:04:05Z without it. */
  created(date: Date): ImageBuilder {
    return this.#with({ created: date.toISOString().replace('.000Z', 'Z') });
  }

  /** Another name, or none: then the image is known by its digest. */
  named(name: string | undefined): ImageBuilder {
    return this.#with({ name: fullName(name) });
  }

  /** Leave a part out of the store: of the first platform where each has one, and the first of several. */
  without(part: ImagePart): ImageBuilder {
    return this.#with({ faults: [...this.#plan.faults, { part, fault: 'missing' }] });
  }

  /** Change a byte of a part in the store, so that it does not hash to its digest; which part is as in `without`. */
  corrupt(part: ImagePart): ImageBuilder {
    return this.#with({ faults: [...this.#plan.faults, { part, fault: 'corrupt' }] });
  }

  /** Digest of the index, the image's Id. */
  get digest(): string {
    return this.#build().digest;
  }

  /** Digests of what the image consists of, platform by platform. */
  get platforms(): BuiltImage['platforms'] {
    return this.#build().platforms;
  }

  /** Every file of the image layout, by its path in it. */
  layout(): ReadonlyMap<string, Buffer> {
    return this.#build().files;
  }

  /** The layout as a tar archive, which `docker load` and others read. */
  toArchive(): Buffer {
    const records = [...this.layout()].map(([name, bytes]) => ({ name, mode: 0o644, size: bytes.length, bytes }));
    return tarOf(records);
  }

  /** Write the layout to a folder, which is made. Other images there are not kept in its index.json. */
  async writeLayout(folder: string): Promise<void> {
    await writeFiles(this, folder);
  }

  #build(): BuiltImage {
    const { platforms, shared } = this.#plan;
    const usual = { ...shared, platform: { architecture: 'amd64', os: 'linux' } };
    this.#built ??= build(platforms.length > 0 ? this.#plan : { ...this.#plan, platforms: [usual] });
    return this.#built;
  }

  #attach(statement: StatementPlan): ImageBuilder {
    return this.#change((plan) => ({ statements: [...plan.statements, statement] }));
  }

  #with(change: Partial<ImagePlan>): ImageBuilder {
    return new ImageBuilder({ ...this.#plan, ...change });
  }

  /** Change the last platform, or what every platform will have. */
  #change(change: (plan: Omit<PlatformPlan, 'platform'>) => Partial<PlatformPlan>): ImageBuilder {
    const { platforms, shared } = this.#plan;
    const last = platforms.at(-1);
    if (last === undefined) return this.#with({ shared: { ...shared, ...change(shared) } });
    return this.#with({ platforms: [...platforms.slice(0, -1), { ...last, ...change(last) }] });
  }
}

function fullName(name: string | undefined): string | undefined {
  return name === undefined ? undefined : formatReference(tagNameOnly(parseReference(name)));
}

/**
 * Begin an image.
 *
 * ```ts
 * const app = image('app:1').layer({ '/etc/hello': 'x' }).platform('linux/arm64').provenance().sbom();
 * await using daemon = await startDaemon({ images: [app] });
 * ```
 *
 * @param name as `docker tag` takes it; without it the image has none
 * @throws AttestdError INVALID_REFERENCE for a name that is none
 */
export function image(name?: string): ImageBuilder {
  return new ImageBuilder({
    name: fullName(name),
    created: '2024-01-02T03:04:05Z',
    shared: nothing,
    platforms: [],
    storage: 'artifact',
    signatures: [],
    faults: [],
  });
}
