/** Policies on images and containers (docs/reference/policy.md). */
export type { ImageAccess, Trust } from '../client/index.js';
export { type CaseResult, runCases } from './cases.js';
export { type SeenImage, type SeeOptions, seeImage } from './image.js';
export { openPolicy, type Policy, type PolicyOptions, type PolicyQuestion } from './policy.js';
export { normalizeProvenance } from './provenance.js';
export type { PolicyLimits } from './runner.js';
export type {
  PolicyAttestation,
  PolicyConfigSource,
  PolicyContainer,
  PolicyDecision,
  PolicyEnv,
  PolicyFunction,
  PolicyGit,
  PolicyHttp,
  PolicyImage,
  PolicyInput,
  PolicyMaterial,
  PolicyProvenance,
  PolicyRejectedSignature,
  PolicySignature,
  PolicySigner,
  PolicyTimestamp,
  PolicyVerdict,
} from './types.js';
export { type Envelope, type SummaryOptions, signStatement, verificationSummary } from './vsa.js';
