import { AttestdError, type ErrorCode } from '../support/foundation/errors.js';
import type {
  ImageAttestationsQuery,
  ImageInspect,
  ImageSummary,
  OCIDescriptor,
  OCIPlatform,
  SystemVersion,
} from '../support/foundation/types.js';
import { type BufferedResponse, Connection, headerOf } from './connection.js';
import { ContentClient } from './content-client.js';
import { type Discovery, discover, type Surroundings } from './discover.js';
import { JsonRanges } from './json-ranges.js';

/** Newest API version that the client speaks. */
export const clientApiVersion = '1.55';

/** First API version with `GET /images/{name}/attestations`. */
const attestationsSince = '1.55';

/** How to connect; what is left out is found as the docker CLI finds it. */
export interface ConnectOptions extends Partial<Surroundings> {
  /** Speak this version instead of the newest that both know; DOCKER_API_VERSION without it. */
  readonly apiVersion?: string;
  /** Milliseconds that a request may take to the end of its answer; as long as it takes without it. */
  readonly deadline?: number;
}

/** What to select of an image's attestations. */
export interface AttestationSelection {
  /** Platform of the image; the daemon's own without it. */
  readonly platform?: NonNullable<OCIPlatform>;
  /** Only these predicate types; all without it. */
  readonly types?: readonly string[];
  /** Whether to get the statements too. */
  readonly statement?: boolean;
}

/** An attestation of an image, as the endpoint gives it. */
export interface ImageAttestation {
  /** The layer of the attestation manifest that holds the statement. */
  readonly descriptor: OCIDescriptor;
  readonly predicateType: string;
  /** Bytes of the statement as they came: only white space between tokens may differ from the stored blob. */
  readonly statement?: Buffer;
}

/** Query values as the API takes them; undefined ones are left out. */
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

/** First API version whose inspect lists manifests. */
export const manifestsSince = '1.48';

/** Order two API versions; negative, 0 or positive. */
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

/** The error that a daemon's answer reports. */
function errorOf({ status, body }: BufferedResponse, what: string): AttestdError {
  let message = body.toString().trim();
  try {
    const parsed = JSON.parse(message) as { message?: unknown };
    if (typeof parsed.message === 'string') message = parsed.message;
  } catch {
    // A proxy's answer, say: its text is all there is.
  }
  return new AttestdError(codes[status] ?? 'INTERNAL', `${what}: ${message || `status ${status}`}`);
}

/** A connection to one daemon, at the API version that both sides speak. */
export class EngineClient {
  readonly discovery: Discovery;
  /** The version that requests carry. */
  readonly apiVersion: string;
  /** The content store that the daemon offers on the same socket. */
  readonly content: ContentClient;
  readonly #connection: Connection;

  /** @param connection where requests go; see `connect` for the usual way */
  constructor(connection: Connection, discovery: Discovery, apiVersion: string) {
    this.#connection = connection;
    this.discovery = discovery;
    this.apiVersion = apiVersion;
    this.content = new ContentClient(discovery.target);
  }

  /**
   * Send a request at the client's API version.
   *
   * @param path without version, escaped
   * @throws AttestdError of the answer's status when it is not a success, with the daemon's text; UNAVAILABLE
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
    try {
      return JSON.parse(body.toString()) as T;
    } catch (cause) {
      throw new AttestdError('INVALID_JSON', `GET ${path}: the answer is not valid JSON`, { cause });
    }
  }

  /** `GET /version`. */
  version(): Promise<SystemVersion> {
    return this.#json('/version');
  }

  /**
   * `GET /images/{name}/json`.
   *
   * @param image name, name@digest or id
   * @param query `manifests` lists the manifests of the image, from API 1.48 on; `platform`, JSON of an OCI platform, tells of
   *   the image for it, from API 1.49 on
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
   * @param query `dangling` lists images without a name only
   */
  listImages(query: { manifests?: boolean; dangling?: boolean } = {}): Promise<ImageSummary[]> {
    return this.#json('/images/json', {
      ...(query.manifests && { manifests: '1' }),
      ...(query.dangling && { filters: '{"dangling":["true"]}' }),
    });
  }

  /**
   * `GET /images/{name}/attestations` (API 1.55). The statements come as bytes, never parsed and written again.
   *
   * @param image name, name@digest or id
   * @returns in the order of the attestation manifest's layers
   * @throws AttestdError NOT_FOUND when the image, the platform or a statement is not there, NOT_IMPLEMENTED when the
   *   daemon is older, CORRUPT when the daemon cannot render a statement (docs/reference/behavior/attestations.md#response-bodies)
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

  /** Close idle connections. */
  close(): void {
    this.#connection.close();
    this.content.close();
  }
}

/** Take the endpoint's answer apart; statements are cut out, not parsed. */
function parseAttestations(body: Buffer, what: string): ImageAttestation[] {
  const ranges = new JsonRanges(body);
  const document = ranges.document();
  if (body[document[0]] === 0x7b) {
    const { message } = JSON.parse(body.toString()) as { message?: string };
    throw new AttestdError('CORRUPT', `${what}: ${message ?? 'the answer is not an array'}`);
  }
  return ranges.elements(document).map((element) => {
    const members = ranges.members(element);
    const read = <T>(name: string): T => {
      const range = members.get(name);
      if (!range) throw new AttestdError('INVALID_JSON', `${what}: an attestation without ${name}`);
      return JSON.parse(body.toString('utf8', ...range)) as T;
    };
    const statement = members.get('Statement');
    return {
      descriptor: read<OCIDescriptor>('Descriptor'),
      predicateType: read<string>('PredicateType'),
      ...(statement && { statement: body.subarray(...statement) }),
    };
  });
}

/** The newest version that client and daemon both speak, as the docker CLI finds it. */
async function negotiate(connection: Connection): Promise<string> {
  let response = await connection.send({ method: 'HEAD', path: '/_ping' });
  if (response.status >= 400) response = await connection.send({ method: 'GET', path: '/_ping' });
  const offered = headerOf(response, 'Api-Version');
  // A daemon that does not say is older than the header.
  if (offered === undefined) return '1.24';
  return compareApiVersions(offered, clientApiVersion) < 0 ? offered : clientApiVersion;
}

/**
 * Connect to a daemon as the docker CLI does: DOCKER_HOST, docker contexts, unix sockets, TCP, and TLS with
 * DOCKER_CERT_PATH.
 *
 * @throws AttestdError UNAVAILABLE when none answers, USAGE when what says where it is is broken
 */
export async function connect(options: ConnectOptions = {}): Promise<EngineClient> {
  const { apiVersion, ...around } = options;
  const discovery = discover(around);
  const connection = new Connection(discovery.target, options.deadline);
  const env = around.env ?? process.env;
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
