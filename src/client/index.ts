import type { AttestationChain } from './chain.js';
import type { Trust, Verification, VerifyOptions } from './verification.js';

export type { Info as ContentInfo } from '../generated/content.js';
/** A client of the Engine API for attestations: connect, read, resolve, verify (docs/reference/client.md). */
export { AttestdError, type ErrorCode } from '../support/foundation/errors.js';
export type { ImageAccess } from './access.js';
export type {
  AttachedStatement,
  AttestationChain,
  ChainBlob,
  ChainPart,
  Gap,
  GapReason,
  ResolveOptions,
} from './chain.js';
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
export { type StatementSummary, summarizeStatement } from './statement.js';
export { parseHost, type Target, type TlsMaterial } from './target.js';
export type {
  Reason,
  ReasonCode,
  SignatureOutcome,
  SignerName,
  StatementOutcome,
  Trust,
  TrustedIdentity,
  Verification,
  VerifyOptions,
} from './verification.js';

/**
 * Judge the signatures of a resolved chain, offline: sigstore bundles and cosign's simple signing. The sigstore libraries
 * are loaded with the first call.
 *
 * @param chain what `resolveAttestations` gave; ask it for the statements that you will use, so that they are checked too
 * @param trust a public key, or a trusted root; or several, of which one has to accept a signature: old and new keys, say
 * @param options how many signers are demanded
 * @throws AttestdError INVALID_ARGUMENT when a key or a root is none
 */
export async function verifyAttestations(
  chain: AttestationChain,
  trust: Trust | readonly Trust[],
  options: VerifyOptions = {},
): Promise<Verification> {
  return (await import('./verify.js')).verifyChain(chain, [trust].flat() as Trust[], options);
}
