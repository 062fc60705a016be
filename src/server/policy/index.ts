/** A policy in the server: asked before containers are made and started, and by `GET /images/{name}/policy` (docs/reference/policy.md#in-the-server). */
import { fileURLToPath } from 'node:url';
import type { Admission } from '../../engine/containers/create/admission.js';
import { openPolicy, type Policy, type PolicyFunction, type PolicyVerdict, type Trust } from '../../policy/index.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { OperationHandler, OperationHandlers } from '../operation.js';
import { decodePlatform } from '../platform.js';
import { storeAccess } from './store-access.js';

/** What a policy adds to a server. */
export interface PolicyService {
  readonly admission: Admission;
  /** File of the overlay that describes the prototype. */
  readonly overlay: string;
  readonly handlers: OperationHandlers;
  close(): Promise<void>;
}

/** An overlay of its own: it belongs to no channel, and so to no patch. */
const overlay = fileURLToPath(new URL('../../../api/overlays/policy/10-image-policy.yaml', import.meta.url));

const answerOf = ({ allow, denyMessages, warnings }: PolicyVerdict) => ({ allow, reasons: denyMessages, warnings });

/** What could not be judged is denied, with why. */
const unjudged = (why: string) => ({ allow: false, reasons: [why], warnings: [] });

const admissionBy =
  (policy: Policy): Admission =>
  async (context, { reference, digest, platform, container }) => {
    if (digest === '') return unjudged('a container without an image cannot be judged');
    try {
      const question = { image: reference, digest, platform, ...(container && { container }) };
      return answerOf(await policy.judge(storeAccess(context), question));
    } catch (error) {
      if (error instanceof AttestdError) return unjudged(`it cannot be judged: ${error.message}`);
      throw error;
    }
  };

const imagePolicyBy =
  (policy: Policy): OperationHandler =>
  async (request, context) => {
    const platform = (await request.form()).get('platform');
    const wanted = platform === '' ? undefined : decodePlatform(platform);
    const question = { image: request.params.name ?? '', ...(wanted && { platform: wanted }) };
    const verdict = await policy.judge(storeAccess(context), question);
    const { allow, denyMessages, warnings, digest, input } = verdict;
    // What a JSON value holds is JSON: the input came from the policy's own JSON.
    const value = {
      Allow: allow,
      Reasons: denyMessages,
      Warnings: warnings,
      Digest: digest,
      Policy: policy.digest,
      Input: input,
    };
    return { kind: 'json', value: JSON.parse(JSON.stringify(value)) };
  };

/**
 * Open a policy for a server.
 *
 * @throws AttestdError as `openPolicy`
 */
export async function openPolicyService(
  source: string | PolicyFunction,
  trusts: readonly Trust[],
): Promise<PolicyService> {
  const policy = await openPolicy(source, { trusts });
  return {
    admission: admissionBy(policy),
    overlay,
    handlers: { ImagePolicy: imagePolicyBy(policy) },
    close: () => policy.close(),
  };
}
