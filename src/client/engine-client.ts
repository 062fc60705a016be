import { AttestdError, type ErrorCode } from '../support/foundation/errors.js';
import type {
  ImageAttestationsQuery,
  ImageInspect,
  ImageSummary,
  OCIDescriptor,
  OCIPlatform,
  SystemVersion,
} from '../support/foundation/types.js';
import { type BufferedResponse, Connection, type ConnectionLimits, headerOf } from './connection.js';
import { ContentClient } from './content-client.js';
import { type Discovery, discover, type Surroundings } from './discover.js';
import { checkJsonSize, parseJson } from './json.js';
import { JsonRanges } from './json-ranges.js';
import { maxErrorBytes } from './limits.js';

/** Newest API version that the client supports. */
export const clientApiVersion = '1.55';

/** First API version with `GET /images/{name}/attestations`. */
const attestationsSince = '1.55';

/** How to connect. Missing options are discovered as the docker CLI does. */
export interface ConnectOptions extends Partial<Surroundings>, ConnectionLimits {
  /** API version to use. Default: DOCKER_API_VERSION, else the newest version that client and daemon share. */
  readonly apiVersion?: string;
}

/** Selects attestations of an image. */
export interface AttestationSelection {
  /** Platform of the image. Default: the daemon's own. */
  readonly platform?: NonNullable<OCIPlatform>;
  /** Predicate types to include. Default: all. */
  readonly types?: readonly string[];
  /** Include the statements. */
  readonly statement?: boolean;
}

/** An attestation of an image, as the endpoint returns it. */
export interface ImageAttestation {
  /** Descriptor of the statement: a layer of the attestation manifest. */
  readonly descriptor: OCIDescriptor;
  readonly predicateType: string;
  /** Bytes of the statement as received. Only whitespace between tokens may differ from the stored blob. */
  readonly statement?: Buffer;
}

/** Query values of a request. Undefined values are left out. */
type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_ARGUMENT',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  501: 'NOT_IMPLEMENTED',
  503: 'UNAVAILABLE',
};

const parts = (version: string): [number, number] => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
};

/** First API version with manifests in image inspect. */
export const manifestsSince = '1.48';

/** Compares two API versions, for sorting: negative, 0 or positive. */
export function compareApiVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  return left[0] - right[0] || left[1] - right[1];
}

function queryText(query: Query): string {
  const text = Object.entries(query).flatMap(([name, value]) => {
    const values = value === undefined ? [] : typeof value === 'string' ? [value] : value;
    return values.map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`);
  });
  return text.length === 0 ? '' : `?${text.join('&')}`;
}

/** Turns an error answer into an error. */
function errorOf({ status, body }: BufferedResponse, what: string): AttestdError {
  let message = body.subarray(0, maxErrorBytes).toString().trim();
  try {
    const parsed = parseJson<{ message?: unknown } | null>(body, what);
    if (typeof parsed?.message === 'string') message = parsed.message;
  } catch {
    // Not the daemon's JSON: a proxy's text, for example.
  }
  return new AttestdError(codes[status] ?? 'INTERNAL', `${what}: ${message || `status ${status}`}`);
}

/** A client of one daemon, at one API version. */
export class EngineClient {
  readonly discovery: Discovery;
  /** API version in the paths of requests. */
  readonly apiVersion: string;
  /** Client of the daemon's content store, on the same address. */
  readonly content: ContentClient;
  readonly #connection: Connection;

  /** Use `connect` instead, except in tests. */
  constructor(connection: Connection, discovery: Discovery, apiVersion: string) {
    this.#connection = connection;
    this.discovery = discovery;
    this.apiVersion = apiVersion;
    this.content = new ContentClient(discovery.target);
  }

  /**
   * Sends a request at the client's API version and reads the answer.
   *
   * @param path escaped path without the version
   * @throws AttestdError with the code of the answer's status and the daemon's text; UNAVAILABLE if the daemon does not answer
   *   in time; OUT_OF_RANGE if the answer is too large
   */
  async request(method: string, path: string, query: Query = {}, body?: Buffer): Promise<BufferedResponse> {
    const response = await this.#connection.send({
      method,
      path: `/v${this.apiVersion}${path}${queryText(query)}`,
      ...(body && { body, headers: { 'Content-Type': 'application/x-tar' } }),
    });
    if (response.status >= 300) throw errorOf(response, `${method} ${path}`);
    return response;
  }

  async #json<T>(path: string, query: Query = {}): Promise<T> {
    const { body } = await this.request('GET', path, query);
    return parseJson<T>(body, `GET ${path}`);
  }

  /** `GET /version`. */
  version(): Promise<SystemVersion> {
    return this.#json('/version');
  }

  /**
   * `GET /images/{name}/json`.
   *
   * @param image name, name@digest or id
   * @param query `manifests` adds the image's manifests (API 1.48); `platform`, an OCI platform as JSON, selects one (API 1.49)
   * @throws AttestdError NOT_FOUND, INVALID_ARGUMENT
   */
  inspectImage(image: string, query: { manifests?: boolean; platform?: string } = {}): Promise<ImageInspect> {
    return this.#json(`/images/${encodeURIComponent(image)}/json`, {
      ...(query.manifests && { manifests: '1' }),
      ...(query.platform !== undefined && { platform: query.platform }),
    });
  }

  /**
   * `GET /images/json`.
   *
   * @param query `dangling` lists only images without a name
   */
  listImages(query: { manifests?: boolean; dangling?: boolean } = {}): Promise<ImageSummary[]> {
    return this.#json('/images/json', {
      ...(query.manifests && { manifests: '1' }),
      ...(query.dangling && { filters: '{"dangling":["true"]}' }),
    });
  }

  /**
   * `GET /images/{name}/attestations` (API 1.55). Statements stay verbatim bytes: they are never parsed and serialized again.
   *
   * @param image name, name@digest or id
   * @returns attestations in the order of the attestation manifest's layers
   * @throws AttestdError NOT_FOUND if the image, the platform or a statement is missing; NOT_IMPLEMENTED if the
   *   daemon is older; CORRUPT if the daemon cannot render a statement (docs/reference/behavior/attestations.md#response-bodies)
   */
  async imageAttestations(image: string, selection: AttestationSelection = {}): Promise<ImageAttestation[]> {
    if (compareApiVersions(this.apiVersion, attestationsSince) < 0)
      throw new AttestdError(
        'NOT_IMPLEMENTED',
        `attestations need API ${attestationsSince} (Engine 29.6); this daemon speaks ${this.apiVersion}`,
      );
    const { platform, types, statement } = selection;
    const query: { [K in keyof ImageAttestationsQuery]: string | readonly string[] } = {
      ...(platform && { platform: JSON.stringify(platform) }),
      ...(types && { type: types }),
      ...(statement && { statement: '1' }),
    };
    const path = `/images/${encodeURIComponent(image)}/attestations`;
    const { body } = await this.request('GET', path, query);
    return parseAttestations(body, `GET ${path}`);
  }

  /** Closes idle connections. */
  close(): void {
    this.#connection.close();
    this.content.close();
  }
}

/** Splits the endpoint's answer. Statements are byte ranges of it and are not parsed. */
function parseAttestations(body: Buffer, what: string): ImageAttestation[] {
  checkJsonSize(body, what);
  const ranges = new JsonRanges(body);
  const document = ranges.document();
  if (body[document[0]] === 0x7b) {
    const { message } = parseJson<{ message?: unknown }>(body, what);
    throw new AttestdError(
      'CORRUPT',
      `${what}: ${typeof message === 'string' ? message : 'the answer is not an array'}`,
    );
  }
  return ranges.elements(document).map((element) => {
    const members = ranges.members(element);
    const read = <T>(name: string): T => {
      const range = members.get(name);
      if (!range) throw new AttestdError('INVALID_JSON', `${what}: an attestation without ${name}`);
      return parseJson<T>(body.subarray(...range), what);
    };
    const statement = members.get('Statement');
    return {
      descriptor: read<OCIDescriptor>('Descriptor'),
      predicateType: read<string>('PredicateType'),
      ...(statement && { statement: body.subarray(...statement) }),
    };
  });
}

/** Returns the newest API version that client and daemon share, negotiated as by the docker CLI. */
async function negotiate(connection: Connection): Promise<string> {
  let response = await connection.send({ method: 'HEAD', path: '/_ping' });
  if (response.status >= 400) response = await connection.send({ method: 'GET', path: '/_ping' });
  const offered = headerOf(response, 'Api-Version');
  // Daemons without the header are older than API 1.24.
  if (offered === undefined) return '1.24';
  return compareApiVersions(offered, clientApiVersion) < 0 ? offered : clientApiVersion;
}

/**
 * Connects to a daemon as the docker CLI does: DOCKER_HOST, docker contexts, unix sockets, TCP, and TLS with
 * DOCKER_CERT_PATH.
 *
 * @throws AttestdError UNAVAILABLE if no daemon answers, USAGE if the configured address is invalid
 */
export async function connect(options: ConnectOptions = {}): Promise<EngineClient> {
  const { apiVersion, ...surroundings } = options;
  const discovery = discover(surroundings);
  const connection = new Connection(discovery.target, options);
  const env = options.env ?? process.env;
  const pinned = apiVersion ?? (env.DOCKER_API_VERSION || undefined);
  if (pinned !== undefined && !/^\d+\.\d+$/.test(pinned))
    throw new AttestdError('USAGE', `API version '${pinned}' is not of the form 1.55`);
  try {
    return new EngineClient(connection, discovery, pinned ?? (await negotiate(connection)));
  } catch (error) {
    connection.close();
    throw error;
  }
}
