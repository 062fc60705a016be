import { createHash } from 'node:crypto';
import { writeTar } from './tar.js';

/** An OCI platform. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
}

/** An OCI descriptor. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
}

/** Media types that the suite's images use. */
export const media = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  inToto: 'application/vnd.in-toto+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

/** Annotation that names the predicate type of an attestation layer. */
export const predicateKey = 'in-toto.io/predicate-type';

/** Label that every image of a run carries, with the run's name as value. */
export const runLabel = 'attestd.conformance.run';

/** Label with the recipe's name. */
export const recipeLabel = 'attestd.conformance.recipe';

/** Date that all images carry unless a recipe asks for another. */
export const created = '2024-01-02T03:04:05Z';

/** An image for one platform, written into a kit's blobs. */
export interface PlatformImage {
  readonly platform: Platform;
  readonly descriptor: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly string[];
  /** The config document as written. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** One layer of an attestation manifest. */
export interface Attestation {
  /** Annotated predicate type; none leaves the annotation out. */
  readonly predicateType?: string;
  /** Bytes of the statement as stored. */
  readonly bytes: Buffer;
  /** Overrides of the layer's descriptor. */
  readonly descriptor?: Partial<Descriptor>;
  /** Leave the blob out of the archive. */
  readonly missing?: boolean;
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Builds one image's blobs; the same seed and recipe give the same bytes. */
export class Kit {
  readonly host: Platform;
  /** Run name and recipe, part of every config and statement, so that no two runs share a digest. */
  readonly salt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly blobs: Map<string, Buffer> = new Map();

  constructor(host: Platform, run: string, recipe: string, salt = '') {
    this.host = host;
    this.salt = `${run}/${recipe}${salt}`;
    this.labels = { [runLabel]: run, [recipeLabel]: recipe };
  }

  /** Store bytes and describe them. */
  put(mediaType: string, content: Buffer | string, more: Partial<Descriptor> = {}): Descriptor {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...more };
  }

  json(mediaType: string, document: unknown, more: Partial<Descriptor> = {}): Descriptor {
    return this.put(mediaType, JSON.stringify(document), more);
  }

  /** A platform's image: config, layers with one small file each, manifest. */
  image(
    platform: Platform,
    options: {
      layers?: number;
      created?: string;
      env?: string[];
      config?: object;
      document?: object;
      noPlatform?: boolean;
      /** Layers below the image's own. */
      below?: readonly Buffer[];
    } = {},
  ): PlatformImage {
    const name = `${platform.os}/${platform.architecture}/${platform.variant ?? ''}`;
    const date = options.created ?? created;
    const tars = Array.from({ length: options.layers ?? 1 }, (_, i) =>
      writeTar([
        ['suite/', Buffer.alloc(0)],
        [`suite/${i}.txt`, Buffer.from(`${this.salt} ${name} layer ${i}\n`)],
      ]),
    );
    const layers = [...(options.below ?? []), ...tars].map((tar) => this.put(media.layer, tar));
    const diffIds = layers.map((layer) => layer.digest);
    const document = {
      architecture: platform.architecture,
      os: platform.os,
      ...(platform.variant ? { variant: platform.variant } : {}),
      ...(platform['os.version'] ? { 'os.version': platform['os.version'] } : {}),
      created: date,
      author: 'attestd conformance',
      config: {
        User: '1000:1000',
        ExposedPorts: { '8080/tcp': {} },
        Env: options.env ?? ['PATH=/usr/bin:/bin', 'CHARS=<b>&c'],
        Entrypoint: ['/bin/suite'],
        Cmd: ['--run', '1'],
        Volumes: { '/data': {} },
        WorkingDir: '/suite',
        Labels: { ...this.labels, 'attestd.conformance.platform': name },
        StopSignal: 'SIGTERM',
        ...options.config,
      },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: [
        ...layers.map((_, i) => ({
          created: date,
          created_by: `COPY suite/${i}.txt /suite/ # ${name}`,
          comment: 'suite',
        })),
        { created: date, created_by: 'CMD ["--run" "1"]', comment: 'suite', empty_layer: true },
      ],
      ...options.document,
    };
    const config = this.json(media.config, document);
    const descriptor = this.json(media.manifest, { schemaVersion: 2, mediaType: media.manifest, config, layers });
    return {
      platform,
      descriptor: options.noPlatform ? descriptor : { ...descriptor, platform },
      config,
      layers,
      diffIds,
      document,
    };
  }

  /** An in-toto statement about an image, as compact JSON. */
  statement(predicateType: string, subject: Descriptor, predicate: unknown = { suite: this.salt }): Buffer {
    return Buffer.from(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v0.1',
        predicateType,
        subject: [{ name: `pkg:docker/${this.salt}`, digest: { sha256: subject.digest.slice('sha256:'.length) } }],
        predicate,
      }),
    );
  }

  /** Descriptors of attestation layers. Their blobs are stored unless a recipe leaves them out. */
  statementLayers(attestations: readonly Attestation[]): Descriptor[] {
    return attestations.map(({ predicateType, bytes, descriptor, missing }) => {
      const layer = this.put(media.inToto, bytes, {
        ...(predicateType === undefined ? {} : { annotations: { [predicateKey]: predicateType } }),
        ...descriptor,
      });
      if (missing) this.blobs.delete(digestOf(bytes));
      return layer;
    });
  }

  /** An attestation manifest as BuildKit writes it, and its entry for the index. */
  attestationManifest(
    subject: Descriptor,
    attestations: readonly Attestation[],
    more: { annotations?: Record<string, string>; platform?: Platform; artifact?: boolean } = {},
  ): { readonly descriptor: Descriptor; readonly layers: readonly Descriptor[] } {
    const layers = this.statementLayers(attestations);
    const config = more.artifact
      ? this.put('application/vnd.oci.empty.v1+json', '{}')
      : this.json(media.config, {
          architecture: 'unknown',
          os: 'unknown',
          config: {},
          rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
        });
    const manifest = this.json(media.manifest, {
      schemaVersion: 2,
      mediaType: media.manifest,
      ...(more.artifact ? { artifactType: 'application/vnd.docker.attestation.manifest.v1+json' } : {}),
      config,
      layers,
      ...(more.artifact
        ? { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size } }
        : {}),
    });
    return {
      layers,
      descriptor: {
        ...manifest,
        annotations: more.annotations ?? {
          'vnd.docker.reference.digest': subject.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
        platform: more.platform ?? { architecture: 'unknown', os: 'unknown' },
      },
    };
  }

  /** An OCI image index over manifests. */
  index(manifests: readonly Descriptor[], mediaType: string = media.index): Descriptor {
    return this.json(mediaType, { schemaVersion: 2, mediaType, manifests });
  }

  /** Remove a blob, for images that lack one. */
  drop(digest: string): void {
    this.blobs.delete(digest);
  }

  /**
   * The archive of named roots: an OCI layout, and for stores that read nothing else the manifest.json of a docker archive,
   * which has one platform of each image.
   *
   * @param roots each root descriptor with the full names it is known by; none leaves it unnamed; its image for the daemon's
   *   platform, or the only one
   */
  archive(
    roots: readonly { readonly root: Descriptor; readonly names: readonly string[]; readonly image?: PlatformImage }[],
  ): Buffer {
    const file = ({ digest }: Descriptor): string => `blobs/${digest.replace(':', '/')}`;
    const docker = roots.flatMap(({ image, names }) =>
      image
        ? [
            {
              Config: file(image.config),
              RepoTags: names,
              Layers: image.layers.map(file),
            },
          ]
        : [],
    );
    const manifests = roots.flatMap(({ root, names }) =>
      names.length === 0
        ? [root]
        : names.map((name) => ({
            ...root,
            annotations: {
              'io.containerd.image.name': name,
              'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
            },
          })),
    );
    const blobs = [...this.blobs].sort(([a], [b]) => (a < b ? -1 : 1));
    return writeTar([
      ['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
      ['index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: media.index, manifests }))],
      ['manifest.json', Buffer.from(JSON.stringify(docker))],
      ...blobs.map(([digest, bytes]) => [`blobs/${digest.replace(':', '/')}`, bytes] as const),
    ]);
  }
}
