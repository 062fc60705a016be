import { AttestdError } from '../../../support/foundation/errors.js';
import { decodeJson, firstJson, mostElementsOfRequest } from '../../../support/go/json.js';
import type { NetworkingConfig } from '../../networks/endpoint.js';
import { type ContainerConfig, type CreateRequest, configFields, createRequestType } from './config.js';
import { adaptRequest } from './create-versions.js';
import { emptyHostConfig, type HostConfig } from './host-config.js';
import { checkRequest } from './validate.js';

/** A create request with everything in its place. */
export interface CreateParts {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly endpoints: NonNullable<NetworkingConfig['EndpointsConfig']>;
  /** Found while the request was read. */
  readonly warnings: readonly string[];
}

/**
 * Decodes the body of `POST /containers/create` for an API version.
 *
 * @param apiVersion `major.minor`
 * @throws INVALID_ARGUMENT for malformed JSON and invalid values, with dockerd's texts
 */
export function readCreateRequest(body: Buffer, apiVersion: string): CreateParts {
  const request = decode(body);
  if (request === undefined || !(request.Image !== '' || hasConfig(body)))
    throw new AttestdError('INVALID_ARGUMENT', 'config cannot be empty in order to create a container');
  const { HostConfig: given, NetworkingConfig: networking, ...config } = request;
  const hostConfig = given ?? emptyHostConfig();
  config.Volumes ??= {};
  hostConfig.PortBindings ??= {};
  if (hostConfig.NetworkMode === '') hostConfig.NetworkMode = 'default';
  checkRequest(config, hostConfig);
  const endpoints = { ...networking?.EndpointsConfig };
  if (hostConfig.NetworkMode === 'default') {
    hostConfig.NetworkMode = 'bridge';
    if (Object.hasOwn(endpoints, 'default')) {
      endpoints.bridge = endpoints.default;
      delete endpoints.default;
    }
  }
  const warnings = adaptRequest({ config, hostConfig, endpoints, body }, apiVersion);
  // "No limit" has several spellings.
  if (hostConfig.PidsLimit !== undefined && hostConfig.PidsLimit <= 0) hostConfig.PidsLimit = undefined;
  return { config, hostConfig, endpoints, warnings };
}

const configMembers = new Set(Object.keys(configFields).map((member) => member.replace(/\?$/, '').toLowerCase()));

/** Whether a request has any member of a container's configuration. If it has none, Go leaves the configuration nil. */
function hasConfig(body: Buffer): boolean {
  const members = Object.keys(JSON.parse(firstJson(body).toString()) as object);
  return members.some((member) => configMembers.has(member.toLowerCase()));
}

function decode(body: Buffer): CreateRequest | undefined {
  try {
    const first = firstJson(body);
    const request = decodeJson(first, createRequestType, mostElementsOfRequest);
    if (/^\s*[^\s\]}]/.test(body.toString('latin1', first.length)))
      throw new AttestdError('INVALID_ARGUMENT', 'unexpected content after JSON');
    return request;
  } catch (error) {
    if (!(error instanceof AttestdError) || error.code !== 'INVALID_JSON') throw error;
    throw new AttestdError('INVALID_ARGUMENT', `invalid JSON: ${error.message}`, { cause: error });
  }
}
