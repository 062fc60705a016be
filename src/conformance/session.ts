import type { Answer, Api, Exchange } from './api.js';
import { hasConcurrentChanges } from './concurrent-changes.js';
import { show, Unmet } from './expect.js';
import type { Platform } from './images/kit.js';
import { type BuiltImage, build } from './images/recipe.js';
import { type RecipeName, recipes } from './images/recipes.js';
import type { Journal } from './journal.js';
import { labelled, sweep } from './leftover-objects.js';
import { Registry } from './registry/registry.js';

/** An image that the daemon holds. */
export interface LoadedImage extends BuiltImage {
  /** First name, with tag; the root's digest for an unnamed image. */
  readonly name: string;
  /** The name without tag. */
  readonly repository: string;
}

/** Id of the requirement that judges whether an image of the suite can be loaded. */
export const loadOf = (recipe: RecipeName): string => `ImageLoad.image-${recipe}`;

/** Tracks the objects that a run creates in the daemon, and removes them. */
export class Session {
  /** First part of every repository name of the run, and the value of its label. */
  readonly run: string;
  readonly host: Platform;
  readonly #api: Api;
  readonly #journal: Journal;
  readonly #loaded = new Map<RecipeName, Promise<LoadedImage>>();
  readonly #names = new Set<string>();
  /** Digests of all content that the run has built. */
  readonly #digests = new Set<string>();
  readonly #registries = new Map<boolean, Promise<Registry>>();
  #copies = 0;
  #touched = false;

  /**
   * @param api for loads and removals
   * @param run name of the run, e.g. `attestd-1a2b3c4d`
   * @param host the daemon's platform
   * @param journal blames a load that fails on the requirement that judges it
   */
  constructor(api: Api, run: string, host: Platform, journal: Journal) {
    this.#api = api;
    this.#journal = journal;
    this.run = run;
    this.host = host;
  }

  /**
   * The shared copy of an image, loaded on first use.
   *
   * @throws Blocked when the daemon does not load it
   */
  image(name: RecipeName): Promise<LoadedImage> {
    const known = this.#loaded.get(name);
    if (known) return known;
    const loading = this.#given(name, this.#build(name));
    this.#loaded.set(name, loading);
    return loading;
  }

  /**
   * A copy of an image under its own name and with its own digests.
   *
   * @throws Blocked when the daemon does not load it
   */
  fresh(name: RecipeName): Promise<LoadedImage> {
    return this.#given(name, this.draft(name));
  }

  #given(name: RecipeName, image: BuiltImage): Promise<LoadedImage> {
    return this.#journal.given(loadOf(name), () => this.#load(image));
  }

  /** A private image that is built, not loaded; under a repository of its own unless one is given. */
  draft(name: RecipeName, repository?: string): BuiltImage {
    this.#copies += 1;
    return this.#build(name, { salt: `-${this.#copies}`, ...(repository && { repository }) });
  }

  #build(name: RecipeName, more: { readonly salt?: string; readonly repository?: string } = {}): BuiltImage {
    const image = build(name, recipes[name], { host: this.host, run: this.run, ...more });
    for (const digest of image.blobs.keys()) this.#digests.add(digest);
    return image;
  }

  /** Reports whether an answer shows concurrent changes by another client. */
  disturbed(exchange: Exchange): boolean {
    return hasConcurrentChanges(exchange, this.#digests);
  }

  /** A name below the run's prefix that nothing else uses. */
  scratch(suffix: string): string {
    this.#copies += 1;
    return this.own(`${this.run}/scratch-${this.#copies}/${suffix}`);
  }

  /** The value of the run's label, for what is made with it and not loaded. */
  mark(): string {
    this.#touched = true;
    return this.run;
  }

  /** Remember a name for removal. */
  own(name: string): string {
    this.#touched = true;
    this.#names.add(name);
    return name;
  }

  /** A registry of the run, started on first use. The private one requires its credentials. */
  registry(isPrivate = false): Promise<Registry> {
    const known = this.#registries.get(isPrivate) ?? Registry.start(isPrivate);
    this.#registries.set(isPrivate, known);
    return known;
  }

  /** Remember what an archive will leave behind, then send it. */
  load(tar: Buffer, query: Record<string, string | readonly string[]> = {}): Promise<Answer> {
    this.#touched = true;
    return this.#api.post('/images/load', { query, body: tar, headers: { 'Content-Type': 'application/x-tar' } });
  }

  async #load(image: BuiltImage): Promise<LoadedImage> {
    for (const name of image.names) this.own(name);
    const answer = (await this.load(image.tar)).status(200);
    const refused = answer.lines().find((line) => line.at('error').present);
    if (refused)
      throw new Unmet(`load of the image '${image.recipe}'`, 'a loaded image', show(refused.at('error').value));
    const name = image.names[0] ?? image.root.digest;
    return { ...image, name, repository: name.includes('@') ? name : name.replace(/:[^:/]*$/, '') };
  }

  /**
   * Remove everything that the run has put into the daemon, and nothing else.
   *
   * @param api requests that are not aborted with the run
   * @returns names that could not be removed
   */
  async close(api: Api): Promise<readonly string[]> {
    for (const registry of await Promise.allSettled(this.#registries.values()))
      if (registry.status === 'fulfilled') await registry.value.close();
    if (!this.#touched) return [];
    await Promise.allSettled(this.#loaded.values());
    // Containers first: an image that one is made of cannot go.
    const left = new Set<string>(await sweep(api, this.run));
    for (const name of this.#names) {
      if (!(await this.#remove(api, name))) left.add(name);
    }
    for (const { id } of await labelled(api, 'image', this.run).catch(() => [])) {
      if (!(await this.#remove(api, id))) left.add(id);
    }
    return [...left];
  }

  /** Whether the image is gone; a daemon may refuse to delete what was never there. */
  async #remove(api: Api, name: string): Promise<boolean> {
    try {
      const { status } = (await api.delete(`/images/${name}`, { query: { force: '1' } })).exchange;
      return status === 200 || status === 404 || (await api.get(`/images/${name}/json`)).exchange.status === 404;
    } catch {
      return false;
    }
  }
}
