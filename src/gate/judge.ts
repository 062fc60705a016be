import type { ImageAccess } from '../client/index.js';
import type { Policy } from '../policy/index.js';
import { AttestdError } from '../support/foundation/errors.js';

/** A platform as a create request and a manifest name it. */
export interface GatePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** What is asked before a container is made, or before one that is there begins to run. */
export interface Question {
  readonly moment: 'create' | 'start';
  /** The image by its name, name@digest or id, as the daemon takes it. */
  readonly image: string;
  /** The name that the container was asked to have; undefined for any. */
  readonly containerName?: string;
  /** The platform that was asked for, or that the container has; what the daemon takes without it. */
  readonly platform?: GatePlatform;
  /** The create request, or what the container was made with in the same form. */
  readonly request: Readonly<Record<string, unknown>>;
  /** The API version that the client speaks. */
  readonly apiVersion: string;
}

/** What the policy says. */
export interface GateVerdict {
  readonly allowed: boolean;
  /** Why not, a sentence each. */
  readonly reasons: readonly string[];
  /** For those who create the container all the same. */
  readonly warnings: readonly string[];
  /** Digest of what was judged, which is the image's id. */
  readonly image: string;
  /** Digest of the manifest for the platform; undefined where the image has no index. */
  readonly manifest?: string;
}

/** Asks a policy. A rejection is no verdict, and nothing is let through on it. */
export type GateJudge = (question: Question) => Promise<GateVerdict>;

/**
 * A judge that asks a policy about the images of a daemon.
 *
 * @param policy what `openPolicy` gave
 * @param access the daemon
 */
export const policyJudge =
  (policy: Pick<Policy, 'judge'>, access: ImageAccess): GateJudge =>
  async ({ moment, image, containerName, platform, request, apiVersion }) => {
    const container = {
      action: moment,
      request,
      apiVersion,
      ...(containerName !== undefined && { name: containerName }),
    };
    const verdict = await policy.judge(access, { image, container, ...(platform && { platform }) });
    const { allow, denyMessages: reasons, warnings, digest, manifest, failure } = verdict;
    if (failure !== undefined) throw new AttestdError('UNAVAILABLE', `the policy failed: ${failure}`);
    if (digest === undefined) throw new AttestdError('UNAVAILABLE', 'the daemon gives no digest for the image');
    return { allowed: allow, reasons, warnings, image: digest, ...(manifest !== undefined && { manifest }) };
  };
