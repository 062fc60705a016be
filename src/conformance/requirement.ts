import type { Answer, Api } from './api.js';
import type { ContentClient } from './content/client.js';
import type { Daemon } from './daemon.js';
import type { FeatureName } from './features.js';
import type { Platform } from './images/kit.js';
import type { BuiltImage } from './images/recipe.js';
import type { RecipeName } from './images/recipes.js';
import type { Registry } from './registry/registry.js';
import type { DescribedAnswers } from './schema.js';
import type { LoadedImage } from './session.js';

/** Level of a requirement. A failed MUST makes a daemon non-conformant; a failed SHOULD is only reported. */
export type Level = 'MUST' | 'SHOULD';

/**
 * Basis of a requirement. `published`: a place in the description. `prose`: a sentence in the description or in a
 * document that it refers to. `observed`: the behavior of a daemon, without published text.
 */
export type Basis =
  | { readonly kind: 'published'; readonly section: string }
  | { readonly kind: 'prose'; readonly section: string }
  | {
      readonly kind: 'observed';
      /** Product, e.g. `dockerd`. */
      readonly daemon: string;
      readonly version: string;
      /** Image store, `containerd` or a graph driver; `any` when they do not differ. */
      readonly store: string;
      readonly section: string;
    };

/** Services for checks. */
export interface CheckContext {
  readonly api: Api;
  readonly daemon: Daemon;
  /** API version that requests carry in their path, e.g. `1.55`. */
  readonly version: string;
  /** The daemon's own platform, which answers when a request names none. */
  readonly host: Platform;
  /** An image of the requirement's `images`, shared between checks: read only. */
  image(name: RecipeName): LoadedImage;
  /** A private copy of an image with its own digests, for checks that change it. */
  fresh(name: RecipeName): Promise<LoadedImage>;
  /** A private image that is built, not loaded; the run's label lets its remains be found. */
  draft(name: RecipeName, repository?: string): BuiltImage;
  /** The value of the run's label; what bears it is looked for, and removed, at the end of the run. */
  mark(): string;
  /** A name below the run's prefix that no other check uses; removed at the end of the run. */
  scratch(suffix: string): string;
  /** Remember a name for removal at the end of the run. */
  own(name: string): string;
  /** Send an archive to `POST /images/load`. */
  load(tar: Buffer, query?: Record<string, string | readonly string[]>): Promise<Answer>;
  /**
   * Do what the check needs first, so that its failure is blamed where it arose.
   *
   * @param by id of the requirement that judges the act
   * @throws Blocked when the daemon does not do it
   */
  given<T>(by: string, act: () => Promise<T>): Promise<T>;
  /** The run's own registry, where the daemon reaches it; the private one asks for credentials. */
  registry(isPrivate?: boolean): Promise<Registry>;
  /**
   * The answers of an operation so far, compared with the description.
   *
   * @throws Unjudged if the run does not compare answers
   */
  described(operationId: string): DescribedAnswers;
  /** The content service, connected on first use. */
  content(): Promise<ContentClient>;
}

/** One thing that a daemon has to do. */
export interface Requirement {
  /** Unique, `<operationId or area>.<what>`. */
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  /** All of them must be supported, else the requirement is unsupported. */
  readonly features: readonly FeatureName[];
  /** operationId of api/swagger.yaml, or the full name of a gRPC method. */
  readonly operationId: string;
  /** JSON pointer into api/swagger.yaml; none for the content service, which the description does not hold. */
  readonly pointer: string | null;
  readonly basis: Basis;
  readonly images: readonly RecipeName[];
  /** One sentence: what goes wrong for a client when this does not hold. */
  readonly why: string;
  /** First API version that demands it, when later than that of its features. */
  readonly since?: string;
  /** Acts on more than the suite's own images; runs with `--destructive` only. */
  readonly destructive?: boolean;
  /** Has taken down daemons; runs with `--hazardous` only. */
  readonly hazardous?: boolean;
  /** Judges the answers to other requirements, so it runs after them. */
  readonly last?: boolean;
  /** @throws Unmet when the daemon does not do it */
  check(t: CheckContext): Promise<void>;
}

/** Shared properties of a family of requirements. */
interface Family {
  readonly operationId: string;
  /** First part of the ids, when it is not the operationId. */
  readonly prefix?: string;
  readonly features: readonly FeatureName[];
  /** Pointer of the family's operation; a member's own pointer is taken below it when it starts with `+`. */
  readonly pointer: string | null;
  /** Basis of the members. Default: the place that their pointer names. */
  readonly basis?: Basis;
  readonly images?: readonly RecipeName[];
  readonly since?: string;
  readonly destructive?: boolean;
}

/** A member of a family: what differs from it. */
type Optional = 'level' | 'features' | 'operationId' | 'pointer' | 'basis' | 'images';
export type Member = Omit<Requirement, Optional> & Partial<Pick<Requirement, Optional>>;

/**
 * Builds requirements that share an operation, features and images.
 *
 * @param family shared properties; a member overrides them
 * @param members ids are given without the operationId
 */
export function requirements(family: Family, members: readonly Member[]): readonly Requirement[] {
  return members.map((member) => {
    const pointer = member.pointer ?? family.pointer;
    const images = member.images ?? family.images ?? [];
    const own = member.features ?? family.features;
    // A requirement that needs an image needs a daemon that loads images.
    const features: readonly FeatureName[] = images.length > 0 && !own.includes('images') ? ['images', ...own] : own;
    const place = pointer?.startsWith('+') ? `${family.pointer}${pointer.slice(1)}` : pointer;
    return {
      level: 'MUST',
      operationId: family.operationId,
      images,
      basis: family.basis ?? { kind: 'published', section: place ?? family.operationId },
      ...(family.since ? { since: family.since } : {}),
      ...(family.destructive ? { destructive: true } : {}),
      ...member,
      features,
      id: `${family.prefix ?? family.operationId}.${member.id}`,
      pointer: place,
    };
  });
}
