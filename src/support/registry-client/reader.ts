import type { Descriptor } from '../../oci/descriptor.js';
import { parseReference, withTag } from '../../oci/reference.js';
import { AttestdError } from '../foundation/errors.js';
import { Registry } from './registry.js';
import type { Credentials, RegistryOptions } from './types.js';

/** How a reader reaches registries. */
export interface ReaderOptions extends RegistryOptions {
  /** The credentials for a registry; nobody's without it. */
  readonly credentials?: (domain: string) => Credentials | undefined;
}

/** Reads small things of repositories by name: what refers to a digest, and the bytes behind it. */
export class RegistryReader {
  private readonly registry: Registry;

  /** @throws AttestdError INVALID_ARGUMENT for a mirror or an insecure registry that dockerd would refuse */
  constructor(private readonly options: ReaderOptions = {}) {
    this.registry = new Registry(options);
  }

  /**
   * Manifests that refer to a digest, by the referrers API or the tag that stands in for it.
   *
   * @throws AttestdError INTERNAL, UNAUTHORIZED when the registry fails or refuses
   */
  async referrers(repository: string, digest: string): Promise<readonly Descriptor[]> {
    return (await this.open(repository)).referrers(digest);
  }

  /**
   * What a tag leads to; undefined where there is no such tag.
   *
   * @throws AttestdError INTERNAL, UNAUTHORIZED when the registry fails or refuses
   */
  async resolve(repository: string, tag: string): Promise<Descriptor | undefined> {
    return unlessMissing(async () => (await this.open(repository, tag)).resolve());
  }

  /**
   * The bytes behind a descriptor, verified; undefined where the repository has none.
   *
   * @param limit bytes that are read at most
   * @throws AttestdError CORRUPT for other bytes or too many; INTERNAL, UNAUTHORIZED
   */
  async bytes(repository: string, descriptor: Descriptor, limit: number): Promise<Buffer | undefined> {
    return unlessMissing(async () => (await this.open(repository)).bytes(descriptor, limit));
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return this.registry.close();
  }

  private open(repository: string, tag?: string) {
    const named = parseReference(repository);
    const reference = tag === undefined ? named : withTag(named, tag);
    return this.registry.repository(reference, { credentials: this.options.credentials?.(reference.domain) });
  }
}

async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
