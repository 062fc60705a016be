import { apiVersion } from '../generated/operations.js';

/** The engine release that the reference server answers like, and the API versions that it speaks. */
export interface Release {
  /** Version of the engine, in `/version`, `/info` and the `Server` header. */
  readonly engine: string;
  /** Newest API version; what a request without a version prefix speaks. */
  readonly api: string;
  /** Oldest API version. */
  readonly minimumApi: string;
}

/** dockerd 29.7.2: the release whose answers were recorded, and what the reference server is without being told otherwise. */
export const currentRelease: Release = { engine: '29.7.2', api: apiVersion, minimumApi: '1.40' };
