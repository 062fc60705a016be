import type { Info } from '../generated/content.js';
import type { ImageInspect, ImageSummary, SystemVersion } from '../support/foundation/types.js';
import type { AttestationSelection, ImageAttestation } from './engine-client.js';

/**
 * The requests that `resolveAttestations` makes. `EngineClient` implements them for a daemon, and the server for a store in the
 * same process. Errors are AttestdErrors with the codes that `EngineClient` and `ContentClient` document.
 */
export interface ImageAccess {
  /** Engine API version of the answers. */
  readonly apiVersion: string;
  /** The content store, read-only. */
  readonly content: {
    info(digest: string): Promise<Pick<Info, 'labels'>>;
    read(digest: string): AsyncIterable<Uint8Array>;
  };
  version(): Promise<Pick<SystemVersion, 'Os' | 'Arch'>>;
  inspectImage(image: string, query?: { manifests?: boolean; platform?: string }): Promise<ImageInspect>;
  listImages(query: { dangling: true }): Promise<ImageSummary[]>;
  imageAttestations(image: string, selection: AttestationSelection): Promise<ImageAttestation[]>;
}
