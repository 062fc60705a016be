import { type Attestation, type Descriptor, Kit, type Platform, type PlatformImage } from './kit.js';

/** The attestations of one platform's image. */
export interface Attested {
  readonly subject: Descriptor;
  readonly manifest: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly attestations: readonly Attestation[];
}

/** An image as a recipe makes it. */
export interface Draft {
  /** Index, manifest list or manifest that the image's name points to. */
  readonly root: Descriptor;
  /** Entries of the index in order; empty when the root is a manifest. */
  readonly manifests: readonly Descriptor[];
  readonly images: readonly PlatformImage[];
  readonly attested: readonly Attested[];
  /** Entries of the archive without a name, kept because a manifest of the image refers to them. */
  readonly beside?: readonly Descriptor[];
  /** Tags the image is known by; `latest` alone by default, none for an unnamed image. */
  readonly tags?: readonly string[];
}

/** One image of the suite: what it is for, and how it is made. */
export interface Recipe {
  readonly summary: string;
  /** Whether the image lacks content or breaks a rule, so that a daemon may refuse to load it. */
  readonly unsound?: boolean;
  make(kit: Kit): Draft;
}

/** An image ready to be loaded. */
export interface BuiltImage extends Draft {
  readonly recipe: string;
  /** Familiar names with tag, e.g. `attestd-1a2b/basic:latest`. */
  readonly names: readonly string[];
  readonly tar: Buffer;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/** Predicate types that the suite's attestations carry. */
export const types = {
  provenance: 'https://slsa.dev/provenance/v1',
  legacy: 'https://slsa.dev/provenance/v0.2',
  spdx: 'https://spdx.dev/Document',
  custom: 'https://example.test/predicate',
} as const;

/**
 * Builds an image.
 *
 * @param name recipe name, part of the repository name
 * @param recipe content of the image
 * @param options the daemon's platform, the run's name and prefix, a salt for private copies, and a repository other
 *   than the recipe's
 */
export function build(
  name: string,
  recipe: Recipe,
  options: { host: Platform; run: string; salt?: string; repository?: string },
): BuiltImage {
  const kit = new Kit(options.host, options.run, name, options.salt ?? '');
  const draft = recipe.make(kit);
  const repository = options.repository ?? `${options.run}/${name}${options.salt ?? ''}`;
  const tags = draft.tags ?? ['latest'];
  return {
    ...draft,
    recipe: name,
    names: tags.map((tag) => `${repository}:${tag}`),
    tar: kit.archive([
      {
        root: draft.root,
        names: tags.map((tag) => `docker.io/${repository}:${tag}`),
        ...(draft.images[0] && { image: draft.images[0] }),
      },
      ...(draft.beside ?? []).map((root) => ({ root, names: [] })),
    ]),
    blobs: kit.blobs,
  };
}

const exotic: readonly Platform[] = ['s390x', 'ppc64le', 'riscv64', 'mips64le'].map((architecture) => ({
  architecture,
  os: 'linux',
}));

/** A platform that is not the daemon's, and that only the `foreign` image and the incomplete ones have. */
export function foreignPlatform(host: Platform): Platform {
  return exotic.find(({ architecture }) => architecture !== host.architecture) ?? host;
}

/** A platform that no image of the suite has. */
export function absentPlatform(host: Platform): Platform {
  const foreign = foreignPlatform(host);
  return exotic.find((platform) => platform !== foreign && platform.architecture !== host.architecture) ?? host;
}
