import { AttestdError } from '../support/foundation/errors.js';
import { decodeJson, goString, map, pointer, struct } from '../support/go/json.js';
import type { Descriptor } from './descriptor.js';
import { digestOf, isDigest } from './digest.js';
import { childrenOf, descriptorType, type Index, type Manifest } from './manifest.js';
import type { ManifestCache } from './manifest-cache.js';
import { isConfigType, isIndexType, isLayerType, isManifestType } from './media-types.js';
import { type ReachedDigests, ReferenceGraph } from './reference-graph.js';
import { walk } from './walk.js';

/** What a manifest or index refers to. */
interface Node {
  readonly children: readonly Descriptor[];
  readonly subject?: Descriptor | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Record<string, string> | undefined;
}

/** Annotation of a descriptor that refers to another one, as containerd writes it into archives. */
export const subjectAnnotation = 'io.containerd.manifest.subject';

const referenceType = 'vnd.docker.reference.type';
const referenceDigest = 'vnd.docker.reference.digest';

const labelPrefix = 'containerd.io/gc.ref.content.';
/** Label of a manifest's blob that leads to a manifest which refers to it; the referrer's first 12 hex digits follow. */
export const referrerLabelPrefix = `${labelPrefix}referrer.sha256.`;

/** Digests that are known beyond twice those that are needed, after which all are forgotten. */
const unneededDigests = 100_000;

const leaf: Node = { children: [] };

type Head = Pick<Manifest & Index, 'subject' | 'artifactType' | 'annotations'> & { config?: Descriptor | undefined };

const headType = struct<Head>('v1.Manifest', {
  'artifactType?': goString,
  'config?': pointer(descriptorType),
  'subject?': pointer(descriptorType),
  'annotations?': map(goString),
});

/** Everything that descriptors lead to, by digest. */
export interface Reach {
  /** Digests that are referred to, whether their blobs are there or not. */
  readonly digests: ReadonlySet<string>;
  /** Descriptors of manifests with a subject, by the subject's digest. */
  readonly referrers: ReadonlyMap<string, readonly Descriptor[]>;
  /** The labels with which containerd keeps a blob's children, by the blob's digest. */
  readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Follows descriptors through manifests and indexes. */
export class Graph {
  #edges: ReferenceGraph;

  constructor(private readonly manifests: ManifestCache) {
    this.#edges = new ReferenceGraph(manifests);
  }

  /** The digests of all that images consist of, as `reach` finds them, which is kept in little room. */
  async digests(
    roots: Iterable<Descriptor>,
    attached: Iterable<Descriptor>,
    goOn: () => void = () => undefined,
  ): Promise<ReachedDigests> {
    const edges = this.#edges;
    const reached = await edges.reach(roots, await this.bySubject(attached), goOn);
    // Most of what it knows is gone.
    if (edges.size > unneededDigests + 2 * reached.count && this.#edges === edges)
      this.#edges = new ReferenceGraph(this.manifests);
    return reached;
  }

  /** A blob is gone, or was written again. */
  forget(digest: string): void {
    this.manifests.forget(digest);
    this.#edges.forget(digest);
  }

  /**
   * Walk from images to all that they consist of.
   *
   * @param roots images
   * @param attached manifests that count only when something reached is their subject, or leads to them
   * @param goOn asked at each step, so that nobody need wait for a long walk; throws to end it
   */
  async reach(
    roots: Iterable<Descriptor>,
    attached: Iterable<Descriptor>,
    goOn: () => void = () => undefined,
  ): Promise<Reach> {
    const digests = new Set<string>();
    const referrers = new Map<string, Descriptor[]>();
    const labels = new Map<string, Record<string, string>>();
    const waiting = await this.bySubject(attached);
    const handle = async (next: Descriptor): Promise<readonly Descriptor[]> => {
      goOn();
      digests.add(next.digest);
      const node = await this.node(next);
      const referring = waiting.get(next.digest) ?? [];
      addLabels(labels, next.digest, childLabels(node.children));
      addLabels(labels, next.digest, referrerLabels(referring));
      for (const [subject, attestations] of isIndexType(next.mediaType) ? referringChildren(node.children) : [])
        addLabels(labels, subject, referrerLabels(attestations));
      if (node.subject !== undefined) {
        const known = referrers.get(node.subject.digest) ?? [];
        known.push(referrer(next, node));
        referrers.set(node.subject.digest, known);
      }
      return [...node.children, ...referring];
    };
    await walk([...roots], handle, { once: true });
    return { digests, referrers, labels };
  }

  /** Digests below descriptors, not those of the descriptors themselves unless another one leads to them. */
  async descendants(descriptors: Iterable<Descriptor>): Promise<ReadonlySet<string>> {
    const children: Descriptor[] = [];
    for (const descriptor of descriptors)
      for (const child of (await this.node(descriptor)).children) children.push(child);
    return (await this.reach(children, [])).digests;
  }

  /** The digest that a manifest refers to, by its descriptor's annotation or by itself. */
  async subject(descriptor: Descriptor): Promise<string | undefined> {
    const annotated = descriptor.annotations?.[subjectAnnotation];
    return annotated !== undefined && isDigest(annotated) ? annotated : (await this.node(descriptor)).subject?.digest;
  }

  /** Descriptors by the digests that they refer to. */
  private async bySubject(descriptors: Iterable<Descriptor>): Promise<ReadonlyMap<string, readonly Descriptor[]>> {
    const found = new Map<string, Descriptor[]>();
    for (const descriptor of descriptors) {
      const subject = await this.subject(descriptor);
      if (subject === undefined) continue;
      const others = found.get(subject);
      if (others === undefined) found.set(subject, [descriptor]);
      else others.push(descriptor);
    }
    return found;
  }

  /** A blob that is not there, or is no manifest, leads nowhere. */
  private async node(descriptor: Descriptor): Promise<Node> {
    if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType)) return leaf;
    try {
      return await this.manifests.get('node', descriptor, (bytes) => nodeOf(bytes, descriptor), true);
    } catch (error) {
      if (error instanceof AttestdError) return leaf;
      throw error;
    }
  }
}

function nodeOf(bytes: Buffer, descriptor: Descriptor): Node {
  const [algorithm] = descriptor.digest.split(':', 1);
  if (digestOf(bytes, algorithm) !== descriptor.digest) return leaf;
  try {
    const children = childrenOf(bytes, descriptor);
    const { subject, artifactType, config, annotations } = decodeJson(bytes, headType);
    return { children, subject, artifactType: artifactType ?? config?.mediaType, annotations };
  } catch (error) {
    if (error instanceof AttestdError) return leaf;
    throw error;
  }
}

/** The descriptor of a referrer as a registry lists it (distribution-spec, "Listing Referrers"). */
function referrer({ mediaType, digest, size }: Descriptor, { artifactType, annotations }: Node): Descriptor {
  return { mediaType, digest, size, ...(annotations && { annotations }), ...(artifactType && { artifactType }) };
}

/**
 * The manifests of an index that refer to others, by the others' digests: attestation manifests by docker's annotation,
 * of which the last of a subject counts, and those with containerd's annotation.
 */
export function referringChildren(children: readonly Descriptor[]): ReadonlyMap<string, readonly Descriptor[]> {
  const found = new Map<string, Descriptor[]>();
  for (const child of children) {
    if (!isManifestType(child.mediaType)) continue;
    const {
      [referenceType]: type,
      [referenceDigest]: reference,
      [subjectAnnotation]: annotated,
    } = child.annotations ?? {};
    const subject = type === 'attestation-manifest' ? reference : annotated;
    if (subject === undefined || !isDigest(subject)) continue;
    const others = (found.get(subject) ?? []).filter((other) => type === undefined && other.digest !== child.digest);
    found.set(subject, [...others, child]);
  }
  return found;
}

/** Labels by which containerd's garbage collector finds children (seen in recordings of the content service). */
function childLabels(children: readonly Descriptor[]): Record<string, string> {
  const labels: Record<string, string> = {};
  const counts = new Map<string, number>();
  for (const { mediaType, digest } of children) {
    const kind = labelKind(mediaType);
    const index = counts.get(kind) ?? 0;
    counts.set(kind, index + 1);
    labels[labelPrefix + kind + (kind === 'config' && index === 0 ? '' : index)] = digest;
  }
  return labels;
}

function labelKind(mediaType: string): string {
  if (isConfigType(mediaType)) return 'config';
  if (isManifestType(mediaType)) return 'm.';
  return isLayerType(mediaType) ? 'l.' : '';
}

function referrerLabels(referring: readonly Descriptor[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const { digest } of referring)
    labels[referrerLabelPrefix + digest.slice(digest.indexOf(':') + 1).slice(0, 12)] = digest;
  return labels;
}

function addLabels(all: Map<string, Record<string, string>>, digest: string, labels: Record<string, string>): void {
  if (Object.keys(labels).length > 0) all.set(digest, { ...all.get(digest), ...labels });
}
