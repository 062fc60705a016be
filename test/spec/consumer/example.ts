/** A program that uses the package as an importer would. It is compiled by test/spec/types.test.ts, not run. */
import { AttestdError } from 'attestd';
import { findOperation, readDescription, validateResponse } from 'attestd/spec';
import type {
  AttestationProperties,
  AttestationStatement,
  ErrorResponse,
  EventMessage,
  ImageAttestationsQuery,
  ImageInspect,
  ImageManifestSummary,
  ImageSummary,
  OCIDescriptor,
  OCIPlatform,
  operations,
  SystemInfo,
  SystemVersion,
} from 'attestd/types';

/** The statements of an image's attestation manifests, with the digest of the image manifest that they are about. */
export function statements(image: ImageInspect): Map<string, readonly Record<string, unknown>[]> {
  const found = new Map<string, readonly Record<string, unknown>[]>();
  for (const manifest of image.Manifests ?? []) {
    if (manifest.Kind !== 'attestation') continue;
    const data: AttestationProperties | null | undefined = manifest.AttestationData;
    if (data) found.set(data.For, data.Statements ?? []);
  }
  return found;
}

export function platformOf(manifest: ImageManifestSummary): string {
  const platform: OCIPlatform | undefined = manifest.ImageData?.Platform;
  return [platform?.os, platform?.architecture, platform?.variant].filter(Boolean).join('/');
}

export function describe(entry: AttestationStatement): string {
  const { digest = '', size = 0 }: OCIDescriptor = entry.Descriptor;
  const builder = (entry.Statement as { predicate?: { builder?: { id?: string } } } | undefined)?.predicate?.builder
    ?.id;
  return `${entry.PredicateType} ${digest} ${size} ${builder ?? ''}`;
}

export const query: ImageAttestationsQuery = { statement: true, type: ['https://spdx.dev/Document'] };
export type NotFound = operations['ImageAttestations']['responses']['404']['content']['application/json'];
export const error: NotFound & ErrorResponse = { message: 'No such image: x' };
export const shown = (event: EventMessage, info: SystemInfo, version: SystemVersion, image: ImageSummary): string[] =>
  [event.Action, info.OperatingSystem, version.ApiVersion, image.Id].map((text) => text ?? '');

export function check(file: string, body: unknown): string[] {
  const description = readDescription(file);
  if (!findOperation(description, 'ImageAttestations')) throw new AttestdError('NOT_FOUND', 'no such operation');
  return validateResponse('ImageAttestations', 200, body).violations.map(({ pointer, message }) => pointer + message);
}
