import type { Platform } from '../../oci/descriptor.js';
import { formatPlatform } from '../../oci/platform.js';
import { isNamed, parseAnyReference } from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { admit } from '../containers/create/admission.js';
import { originOf } from '../containers/create/create.js';
import type { Context } from '../context.js';
import { pullImage } from '../registry/pull.js';
import type { BuildOptions } from './options.js';
import type { Output } from './output.js';
import type { BaseImage } from './state.js';

/** The images that a build begins with or copies from; those that are not there are pulled. */
export class BaseImages {
  constructor(
    private readonly context: Context,
    private readonly output: Output,
    private readonly options: Pick<BuildOptions, 'pull' | 'credentials'>,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * An image by its name or id.
   *
   * @param local whether it is one of this build's own
   * @throws INVALID_REFERENCE; what a pull is refused with; FORBIDDEN where a policy says so
   */
  async get(name: string, platform: Platform | undefined, local: boolean): Promise<BaseImage> {
    if (local) return originOf(this.context, name, platform);
    const base = await this.#find(name, platform);
    const { imageId: digest } = base;
    await admit(this.context, { reference: name, digest, platform: base.platform });
    return base;
  }

  async #find(name: string, platform: Platform | undefined): Promise<BaseImage> {
    if (!this.options.pull) {
      try {
        return await originOf(this.context, name, platform);
      } catch (error) {
        if (!(error instanceof AttestdError) || error.code !== 'NOT_FOUND') throw error;
      }
    }
    await this.#pull(name, platform);
    return originOf(this.context, name, platform);
  }

  /** Nothing at all. */
  scratch(platform: Platform | undefined): BaseImage {
    return { imageId: '', manifest: undefined, platform: platform ?? this.context.host, config: {} };
  }

  async #pull(name: string, platform: Platform | undefined): Promise<void> {
    const { context, options } = this;
    const reference = parseAnyReference(name);
    const messages = await pullImage(context, {
      fromImage: name,
      ...(reference.tag === undefined && reference.digest === undefined && { tag: 'latest' }),
      platform: platform && formatPlatform(platform),
      credentials: isNamed(reference) ? options.credentials(reference.domain) : {},
      signal: this.signal,
    });
    for await (const message of messages) {
      // A pull that fails after it has said something says so in its last message.
      if (typeof message.error === 'string') throw new AttestdError('INTERNAL', message.error);
      this.output.emit(message);
    }
  }
}
