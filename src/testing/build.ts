import { annotations, attestationManifest } from '../attestations/annotations.js';
import type { Descriptor, Platform } from '../oci/descriptor.js';
import { digestOf } from '../oci/digest.js';
import { imageNameAnnotation, refNameKey } from '../oci/index-file.js';
import { mediaTypes } from '../oci/media-types.js';
import { familiarName, parseReference, refNameAnnotation, repositoryName } from '../oci/reference.js';
import { Blobs } from './blobs.js';
import { gzip } from './gzip.js';
import { layerTar } from './layer.js';
import type { ImagePart, ImagePlan, PlatformPlan, StatementPlan } from './plan.js';
import {
  bundleType,
  cosignPredicate,
  type SigningKey,
  sigstoreBundle,
  simplePayload,
  simpleSignatureAnnotation,
  simpleSigningType,
} from './signing.js';
import { inTotoType, predicateTypes, slsaProvenance, spdxDocument, statementAbout } from './statements.js';

/** Digests of what one platform's image consists of. */
export interface BuiltPlatform {
  readonly platform: Platform;
  readonly manifest: string;
  readonly config: string;
  readonly layers: readonly string[];
  /** The attestation manifest; undefined without statements. */
  readonly attestation: string | undefined;
  readonly statements: readonly string[];
  /** The manifests that sign the attestation manifest. */
  readonly signatures: readonly string[];
}

/** An image, put together. */
export interface BuiltImage {
  /** Digest of the index. */
  readonly digest: string;
  readonly platforms: readonly BuiltPlatform[];
  readonly files: ReadonlyMap<string, Buffer>;
}

const emptyType = 'application/vnd.oci.empty.v1+json';
const artifactType = 'application/vnd.docker.attestation.manifest.v1+json';
const unknown: Platform = { architecture: 'unknown', os: 'unknown' };
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const bare = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });
const digests = (descriptors: readonly Descriptor[]): string[] => descriptors.map(({ digest }) => digest);

/** Puts one image together. */
class Build {
  readonly blobs = new Blobs();
  /** What index.json has beside the image: its signatures. */
  readonly #beside: Descriptor[] = [];
  readonly #title: string;

  constructor(readonly plan: ImagePlan) {
    this.#title = plan.name === undefined ? 'nameless' : familiarName(parseReference(plan.name));
  }

  finish(): BuiltImage {
    const entries: Descriptor[] = [];
    const platforms = this.plan.platforms.map((plan) => {
      const { manifest, config, layers } = this.#image(plan);
      const statements = plan.statements.map((statement) => this.#statement(statement, manifest));
      entries.push(manifest);
      const attestation = statements.length === 0 ? undefined : this.#attestation(manifest, statements);
      if (attestation !== undefined) entries.push(attestation);
      const signatures = attestation === undefined ? [] : this.#sign(attestation);
      return {
        platform: plan.platform,
        manifest: manifest.digest,
        config: config.digest,
        layers: digests(layers),
        attestation: attestation?.digest,
        statements: digests(statements),
        signatures: digests(signatures),
      };
    });
    // An index names images first, then attestations.
    const isImage = ({ platform }: Descriptor): boolean => platform !== unknown;
    const manifests = [...entries.filter(isImage), ...entries.filter((entry) => !isImage(entry))];
    const index = this.blobs.add(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests,
    });
    for (const { part, fault } of this.plan.faults)
      for (const digest of located(part, index.digest, platforms))
        if (fault === 'missing') this.blobs.remove(digest);
        else this.blobs.corrupt(digest);
    return { digest: index.digest, platforms, files: this.#layout(index) };
  }

  #image({ platform, layers, config }: PlatformPlan): {
    manifest: Descriptor;
    config: Descriptor;
    layers: Descriptor[];
  } {
    const { created } = this.plan;
    const tars = layers.length > 0 ? layers : [layerTar({ '/image.txt': `${this.#title}\n` })];
    const descriptors = tars.map((tar) => this.blobs.add(mediaTypes.ociLayerGzip, gzip(tar)));
    const env = config.Env ?? [];
    const configuration = this.blobs.add(mediaTypes.ociConfig, {
      ...platform,
      created,
      config: { ...config, Env: env.some((variable) => variable.startsWith('PATH=')) ? env : [path, ...env] },
      history: tars.map((_, i) => ({
        created,
        created_by: `COPY layer-${i} / # buildkit`,
        comment: 'buildkit.dockerfile.v0',
      })),
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
    });
    const manifest = this.blobs.add(mediaTypes.ociManifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: configuration,
      layers: descriptors,
    });
    return { manifest: { ...manifest, platform }, config: configuration, layers: descriptors };
  }

  #statement({ predicateType, predicate, verbatim }: StatementPlan, manifest: Descriptor): Descriptor {
    const { created } = this.plan;
    const usual =
      predicateType === predicateTypes.spdx
        ? spdxDocument(this.#title, created)
        : predicateType === predicateTypes.provenance
          ? slsaProvenance(this.#title, manifest.platform as Platform, created)
          : {};
    const purl = `pkg:docker/${this.#title}`;
    const document = statementAbout(purl, manifest.digest, predicateType, { ...usual, ...predicate });
    const blob = this.blobs.add(inTotoType, verbatim ?? document);
    return { ...blob, annotations: { [annotations.predicateType]: predicateType } };
  }

  #attestation(image: Descriptor, layers: readonly Descriptor[]): Descriptor {
    const mediaType = mediaTypes.ociManifest;
    const isLegacy = this.plan.storage === 'legacy';
    const config = isLegacy
      ? this.blobs.add(mediaTypes.ociConfig, {
          ...unknown,
          config: {},
          rootfs: { type: 'layers', diff_ids: digests(layers) },
        })
      : this.#empty();
    const artifact = isLegacy ? {} : { artifactType, subject: bare(image) };
    const manifest = this.blobs.add(mediaType, { schemaVersion: 2, mediaType, config, layers, ...artifact });
    return {
      ...manifest,
      annotations: {
        [annotations.referenceDigest]: image.digest,
        [annotations.referenceType]: attestationManifest,
      },
      platform: unknown,
    };
  }

  #empty(): Descriptor {
    return this.blobs.add(emptyType, Buffer.from('{}'));
  }

  /** Sign a manifest with every key. */
  #sign(signed: Descriptor): Descriptor[] {
    return this.plan.signatures.map(({ key, form }) => {
      const signature = form === 'bundle' ? this.#bundle(signed, key) : this.#simple(signed, key);
      this.#beside.push(signature);
      return signature;
    });
  }

  #bundle(signed: Descriptor, key: SigningKey): Descriptor {
    const manifest = this.blobs.add(mediaTypes.ociManifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: bundleType,
      config: this.#empty(),
      layers: [this.blobs.add(bundleType, sigstoreBundle(signed.digest, key))],
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': cosignPredicate,
        'org.opencontainers.image.created': this.plan.created,
      },
      subject: bare(signed),
    });
    return { ...manifest, artifactType: bundleType };
  }

  #simple(signed: Descriptor, key: SigningKey): Descriptor {
    const payload = simplePayload(this.#title, signed.digest);
    const layer = {
      ...this.blobs.add(simpleSigningType, payload),
      annotations: { [simpleSignatureAnnotation]: key.sign(payload).toString('base64') },
    };
    const config = this.blobs.add(mediaTypes.ociConfig, {
      architecture: '',
      os: '',
      config: {},
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    });
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
    const tag = `${signed.digest.replace(':', '-')}.sig`;
    const repository =
      this.plan.name === undefined ? 'docker.io/library/nameless' : repositoryName(parseReference(this.plan.name));
    return named(this.blobs.add(mediaTypes.ociManifest, manifest), `${repository}:${tag}`, this.plan.created);
  }

  #layout(index: Descriptor): ReadonlyMap<string, Buffer> {
    const { name, created } = this.plan;
    const manifests = [name === undefined ? index : named(index, name, created), ...this.#beside];
    const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
    return new Map([
      ...this.blobs.files(),
      ['index.json', json({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })],
      ['oci-layout', json({ imageLayoutVersion: '1.0.0' })],
    ]);
  }
}

/** An entry of index.json with the annotations by which containerd and others name an image. */
function named(target: Descriptor, name: string, created: string): Descriptor {
  return {
    ...target,
    annotations: {
      [imageNameAnnotation]: name,
      [refNameKey]: refNameAnnotation(name),
      'org.opencontainers.image.created': created,
    },
  };
}

/** The digest of a part: of the first platform that has it, the first of several; none where no platform has it. */
function located(part: ImagePart, index: string, platforms: readonly BuiltPlatform[]): string[] {
  if (part === 'index') return [index];
  const all: Readonly<Record<Exclude<ImagePart, 'index'>, (platform: BuiltPlatform) => readonly string[]>> = {
    manifest: ({ manifest }) => [manifest],
    config: ({ config }) => [config],
    layer: ({ layers }) => layers,
    attestation: ({ attestation }) => (attestation === undefined ? [] : [attestation]),
    statement: ({ statements }) => statements,
    signature: ({ signatures }) => signatures,
  };
  return platforms.flatMap(all[part]).slice(0, 1);
}

/** Put an image together. */
export function build(plan: ImagePlan): BuiltImage {
  return new Build(plan).finish();
}
