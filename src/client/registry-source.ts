import { AttestdError } from '../support/foundation/errors.js';
import type { OCIDescriptor } from '../support/foundation/types.js';
import type { RegistryReader } from '../support/registry-client/reader.js';
import { storedCredentials } from './registry-credentials.js';

/** What the registries of an image have beside what the daemon holds. */
export class RegistrySource {
  readonly #reader: RegistryReader;
  readonly #repositories: readonly string[];
  readonly #maximum: number;

  /** @param maximum bytes of a blob that are read at most */
  private constructor(reader: RegistryReader, repositories: readonly string[], maximum: number) {
    this.#reader = reader;
    this.#repositories = repositories;
    this.#maximum = maximum;
  }

  /** Loads the client of registries, which is only needed here; without a reader it knows what `docker login` has stored. */
  static async open(
    repositories: readonly string[],
    maximum: number,
    reader?: RegistryReader,
  ): Promise<RegistrySource> {
    if (reader !== undefined) return new RegistrySource(reader, repositories, maximum);
    const { RegistryReader: Reader } = await import('../support/registry-client/reader.js');
    return new RegistrySource(new Reader({ credentials: storedCredentials }), repositories, maximum);
  }

  /** What refers to a digest: by the referrers API or its tag, and cosign's tags for signatures and attestations. */
  async referrers(digest: string): Promise<readonly OCIDescriptor[]> {
    const found: OCIDescriptor[] = [];
    const tags = ['sig', 'att'].map((kind) => `${digest.replace(':', '-')}.${kind}`);
    for (const repository of this.#repositories) {
      found.push(...((await quietly(() => this.#reader.referrers(repository, digest))) ?? []));
      for (const tag of tags) {
        const tagged = await quietly(() => this.#reader.resolve(repository, tag));
        if (tagged !== undefined) found.push(tagged);
      }
    }
    return found;
  }

  /** The bytes behind a descriptor, from the first repository that has them. */
  async bytes({ mediaType = '', digest = '', size = 0 }: OCIDescriptor): Promise<Buffer | undefined> {
    for (const repository of this.#repositories) {
      const bytes = await quietly(() => this.#reader.bytes(repository, { mediaType, digest, size }, this.#maximum));
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

/** A registry that cannot be asked has nothing to add. */
async function quietly<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}
