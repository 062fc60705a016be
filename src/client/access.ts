import type { Info } from '../generated/content.js';
import type { ImageInspect, ImageSummary, SystemVersion } from '../support/foundation/types.js';
import type { AttestationSelection, ImageAttestation } from './engine-client.js';

/**
 * What resolving takes of a daemon: an `EngineClient` is one, and so is whatever answers the same of a store in this process.
 * Errors are AttestdErrors with the codes that `EngineClient` and `ContentClient` document.
 */
export interface ImageAccess {
  /** The Engine API version whose answers it gives. */
  readonly apiVersion: string;
  /** The content store, read only. */
  readonly content: {
    info(digest: string): Promise<Pick<Info, 'labels'>>;
    read(digest: string): AsyncIterable<Uint8Array>;
  };
  version(): Promise<Pick<SystemVersion, 'Os' | 'Arch'>>;
  inspectImage(image: string, query?: { manifests?: boolean; platform?: string }): Promise<ImageInspect>;
  listImages(query: { dangling: true }): Promise<ImageSummary[]>;
  imageAttestations(image: string, selection: AttestationSelection): Promise<ImageAttestation[]>;
}
