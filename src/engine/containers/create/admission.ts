import type { Platform } from '../../../oci/descriptor.js';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import type { CreateParts } from './create-request.js';

/** What somebody is asked before an image is used. */
export interface AdmissionQuestion {
  /** What the client called the image. */
  readonly reference: string;
  /** Digest that it was resolved to, and that alone will be used. */
  readonly digest: string;
  readonly platform: Platform;
  /** The container that is to be made or started; none where a build begins with the image. */
  readonly container?: {
    readonly action: 'create' | 'start';
    readonly name?: string;
    /** `major.minor` of the client's request. */
    readonly apiVersion?: string;
    /** As the API names its members, whatever their case in the client's request. */
    readonly request: Readonly<Record<string, unknown>>;
  };
}

/** What is answered. */
export interface AdmissionAnswer {
  readonly allow: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

/** Somebody who is asked before containers are made and started, and before a build uses an image (docs/reference/policy.md#in-the-server). */
export type Admission = (context: Context, question: AdmissionQuestion) => Promise<AdmissionAnswer>;

/**
 * Ask whether an image may be used, where somebody is to be asked; a no is an event of the image.
 *
 * @returns warnings for the client
 * @throws FORBIDDEN with every reason
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

/** A create request's parts as the API has them in one object; what later changes the parts does not change it. */
export function requestOf({ config, hostConfig, endpoints }: Omit<CreateParts, 'warnings'>): Record<string, unknown> {
  return structuredClone({ ...config, HostConfig: hostConfig, NetworkingConfig: { EndpointsConfig: endpoints } });
}
