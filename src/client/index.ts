/** A client of the Engine API for attestations: connect, read, resolve, verify (docs/client.md). */
export { AttestdError, type ErrorCode } from '../errors.js';
export type { Info as ContentInfo } from '../generated/content.js';
export type { AttestationChain, ChainBlob, ChainPart, Gap, GapReason, ResolveOptions } from './chain.js';
export type { ContentClient } from './content-client.js';
export { type Discovery, discover, type Surroundings } from './discover.js';
export {
  type AttestationSelection,
  type ConnectOptions,
  clientApiVersion,
  connect,
  type EngineClient,
  type ImageAttestation,
} from './engine-client.js';
export { resolveAttestations } from './resolve.js';
export { parseHost, type Target, type TlsMaterial } from './target.js';
