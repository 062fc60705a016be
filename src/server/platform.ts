import type { Platform } from '../oci/descriptor.js';
import { platformType } from '../oci/manifest.js';
import { AttestdError } from '../support/foundation/errors.js';
import { decodeJson } from '../support/go/json.js';

function parse(json: string): Platform {
  try {
    return decodeJson(Buffer.from(json), platformType);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('INVALID_PLATFORM', `failed to parse platform: ${reason}`, { cause });
  }
}

/**
 * Decode the JSON form of a platform as dockerd does (docs/reference/behavior/http.md#platforms): keys in any
 * case, unknown fields ignored, both OS and architecture needed.
 *
 * @throws AttestdError INVALID_PLATFORM with the daemon's text
 */
export function decodePlatform(json: string): Platform {
  const { os, architecture, variant, 'os.version': version, 'os.features': features } = parse(json);
  const optional = Boolean(variant || version || features?.length);
  if (os === '' && architecture === '' && optional)
    throw new AttestdError(
      'INVALID_PLATFORM',
      'optional platform fields provided, but OS and Architecture are missing',
    );
  if (os === '' || architecture === '')
    throw new AttestdError('INVALID_PLATFORM', 'both OS and Architecture must be provided');
  return {
    architecture,
    os,
    ...(version && { 'os.version': version }),
    ...(features?.length && { 'os.features': features }),
    ...(variant && { variant }),
  };
}
