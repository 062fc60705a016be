import type { Platform } from '../../../oci/descriptor.js';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import type { CreateParts } from './create-request.js';

/** A request to the admission policy, sent before an image is used. */
export interface AdmissionQuestion {
  /** The image reference as the client wrote it. */
  readonly reference: string;
  /** Digest that it was resolved to, and that alone will be used. */
  readonly digest: string;
  readonly platform: Platform;
  /** The container to create or start. Undefined if a build uses the image as its base. */
  readonly container?: {
    readonly action: 'create' | 'start';
    readonly name?: string;
    /** `major.minor` of the client's request. */
    readonly apiVersion?: string;
    /** Uses the API's spelling of member names, regardless of the case in the client's request. */
    readonly request: Readonly<Record<string, unknown>>;
  };
}

/** The policy's decision. */
export interface AdmissionAnswer {
  readonly allow: boolean;
  /** Reasons for a denial. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Decides before containers are created and started, and before a build uses an image
 * (docs/reference/policy.md#in-the-server).
 */
export type Admission = (context: Context, question: AdmissionQuestion) => Promise<AdmissionAnswer>;

/**
 * Asks the admission policy, if one is configured, whether an image may be used. Logs an image event for a denial.
 *
 * @returns warnings for the client
 * @throws FORBIDDEN with all reasons
 */
export async function admit(context: Context, question: AdmissionQuestion): Promise<readonly string[]> {
  if (context.admission === undefined) return [];
  const { allow, reasons, warnings } = await context.admission(context, question);
  if (allow) return warnings;
  const { reference, digest, container } = question;
  const reason = reasons.join('; ');
  const attributes = { name: reference, decision: 'deny', action: container?.action ?? 'build', reason: reason };
  context.events.log('image', 'policy', { id: digest, attributes });
  throw new AttestdError('FORBIDDEN', `${reference} is denied by policy: ${reason}`);
}

/**
 * Ask about the images that a container mounts: those that its mounts were resolved to.
 *
 * @param asked as of the container's own image
 * @throws FORBIDDEN
 */
export async function admitMounts(
  context: Context,
  { mountSources, platform }: Pick<Container, 'mountSources' | 'platform'>,
  asked: NonNullable<AdmissionQuestion['container']>,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const { imageId: digest, point } of mountSources.values())
    if (digest !== undefined)
      warnings.push(...(await admit(context, { reference: point.Name ?? '', digest, platform, container: asked })));
  return warnings;
}

/**
 * Copies the parts of a create request into one object in the API's form. Later changes to the parts do not affect the
 * copy.
 */
export function requestOf({ config, hostConfig, endpoints }: Omit<CreateParts, 'warnings'>): Record<string, unknown> {
  return structuredClone({ ...config, HostConfig: hostConfig, NetworkingConfig: { EndpointsConfig: endpoints } });
}
