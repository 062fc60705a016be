import type { Descriptor } from '../../oci/descriptor.js';
import { hasher, isDigest, parseDigest } from '../../oci/digest.js';
import { indexType } from '../../oci/manifest.js';
import { isIndexType, isManifestType, mediaTypes } from '../../oci/media-types.js';
import { formatReference, type NamedReference } from '../../oci/reference.js';
import { AttestdError } from '../foundation/errors.js';
import { decodeJson } from '../go/json.js';
import { quote } from '../go/quote.js';
import { isShortRead, openAt, readResuming, skipTo } from './read.js';
import { type ApiRequest, type Host, sendWithRetries } from './requester.js';
import { readAtMost, unexpectedStatus } from './response-errors.js';
import { drop, header, type RegistryResponse } from './transport.js';

/** Largest manifest or index that is read, as containerd bounds it. */
export const maximumManifest = 4 * 1024 * 1024;

/** What a client takes for a manifest. */
const manifestAccept = [
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  '*/*',
].join(', ');

/** Everything that requests to a repository share. */
export interface RepositoryOptions {
  readonly reference: NamedReference;
  /** In the order in which they are tried; the last is the registry itself. */
  readonly hosts: readonly Host[];
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** A host that a descriptor names, for which nobody has credentials. */
  readonly foreign: (url: URL) => Host;
}

/** Reads one repository of a registry (distribution-spec, "Pull"; docs/reference/registries.md#pull). */
export class Repository {
  constructor(protected readonly options: RepositoryOptions) {}

  /**
   * Find out what a tag or digest leads to, by `HEAD`; by `GET` where the registry gives no digest.
   *
   * @throws AttestdError NOT_FOUND when no host has it or it is too large; INTERNAL, UNAUTHORIZED
   */
  async resolve(): Promise<Descriptor> {
    const { reference, hosts } = this.options;
    const { digest, tag = '' } = reference;
    // A registry that does not know a digest as a manifest may know it as a blob.
    const kinds = digest === undefined ? [`manifests/${tag}`] : [`manifests/${digest}`, `blobs/${digest}`];
    const first = new FirstError();
    for (const kind of kinds) {
      if (first.rank > 2) break;
      for (const host of hosts) {
        const found = await this.resolveAt(host, kind, first);
        if (found !== undefined) return found;
      }
    }
    throw first.error ?? this.missing();
  }

  /**
   * The bytes behind a descriptor, not verified; broken connections are resumed.
   *
   * @throws AttestdError when read: NOT_FOUND, INTERNAL; CORRUPT when there are fewer bytes than the descriptor says
   */
  async *fetch(descriptor: Descriptor): AsyncGenerator<Buffer> {
    const { signal } = this.options;
    let got = 0;
    try {
      for await (const piece of readResuming((offset) => this.open(descriptor, offset), descriptor.size, signal)) {
        got += piece.length;
        yield piece;
      }
    } catch (error) {
      if (!isShortRead(error)) throw error;
      const why = `short read: expected ${descriptor.size} bytes but got ${got}: unexpected EOF`;
      throw new AttestdError('CORRUPT', why, { cause: error });
    }
  }

  /**
   * A small blob or manifest, whole and verified.
   *
   * @throws AttestdError NOT_FOUND, INTERNAL; CORRUPT when it is not what the descriptor says or longer than the limit,
   * that of a manifest without it
   */
  async bytes(descriptor: Descriptor, limit = maximumManifest): Promise<Buffer> {
    const { digest, size } = descriptor;
    if (size > limit) throw new AttestdError('CORRUPT', `${digest} is longer than ${limit} bytes`);
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of this.fetch(descriptor)) {
      length += piece.length;
      if (length > size) throw new AttestdError('CORRUPT', `${digest} is longer than the ${size} bytes it should have`);
      pieces.push(piece);
    }
    const bytes = Buffer.concat(pieces);
    const { algorithm, encoded } = parseDigest(digest);
    if (hasher(algorithm).update(bytes).digest('hex') !== encoded)
      throw new AttestdError('CORRUPT', `the bytes of ${digest} do not hash to it`);
    return bytes;
  }

  /**
   * What refers to a manifest: by the referrers API, else by the tag that stands in for it (distribution-spec, "Listing
   * Referrers"). None where the registry knows neither.
   *
   * @throws AttestdError INTERNAL when the registry fails or answers nonsense
   */
  async referrers(digest: string): Promise<readonly Descriptor[]> {
    const { algorithm, encoded } = parseDigest(digest);
    const targets = [`referrers/${digest}`, `manifests/${algorithm}-${encoded}`];
    let failure: unknown;
    for (const target of targets) {
      // Where a mirror knows of none, it does not matter that the registry behind it cannot be reached.
      let first: AttestdError | undefined;
      for (const [i, host] of this.options.hosts.entries()) {
        try {
          const last = i === this.options.hosts.length - 1;
          const response = await openAt(
            host,
            this.request('GET', target, { accept: accept(mediaTypes.ociIndex) }, last),
            0,
          );
          return decodeJson(await readAtMost(response, maximumManifest), indexType).manifests ?? [];
        } catch (error) {
          if (!(error instanceof AttestdError)) throw error;
          first ??= error;
        }
      }
      if (first?.code !== 'NOT_FOUND') failure ??= first;
    }
    if (failure !== undefined) throw failure;
    return [];
  }

  /** Path of something in this repository. */
  protected path(target: string): string {
    return `${this.options.reference.path}/${target}`;
  }

  protected request(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>> = {},
    last = true,
  ): ApiRequest {
    const { reference, signal } = this.options;
    return {
      method,
      target: this.path(target),
      headers: { ...this.options.headers, ...headers },
      scopes: [`repository:${reference.path}:pull`],
      namespace: reference.domain,
      signal,
      last,
    };
  }

  private missing(): AttestdError {
    return new AttestdError('NOT_FOUND', `${formatReference(this.options.reference)}: not found`);
  }

  private async resolveAt(host: Host, kind: string, first: FirstError): Promise<Descriptor | undefined> {
    const last = host === this.options.hosts.at(-1);
    const request = this.request('HEAD', kind, { accept: manifestAccept }, last);
    let response: RegistryResponse;
    try {
      response = await sendWithRetries(host, request);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      first.note(1, error.code === 'UNAUTHORIZED' ? deniedAccess(error) : error);
      return undefined;
    }
    if (response.status === 404) {
      await drop(response);
      first.note(2, this.missing());
      return undefined;
    }
    if (response.status > 299) {
      first.note(3, await this.refusal(host, kind, response));
      return undefined;
    }
    await drop(response);
    const { descriptor, size } = await this.describe(host, kind, response);
    if (size <= maximumManifest) return descriptor;
    const what = `rejecting ${size} byte manifest for ${formatReference(this.options.reference)}: not found`;
    first.note(4, new AttestdError('NOT_FOUND', what));
    return undefined;
  }

  /** A refusal; of a HEAD request that is forbidden, a GET request tells why. */
  private async refusal(host: Host, kind: string, response: RegistryResponse): Promise<AttestdError> {
    if (response.status !== 403 || response.method !== 'HEAD') return unexpectedStatus(response);
    await drop(response);
    const again = await sendWithRetries(host, this.request('GET', kind, { accept: manifestAccept }, false));
    return unexpectedStatus(again.status > 299 ? { ...again, method: 'HEAD' } : again);
  }

  private async describe(
    host: Host,
    kind: string,
    response: RegistryResponse,
  ): Promise<{ descriptor: Descriptor; size: number }> {
    const length = header(response, 'content-length');
    const given = this.options.reference.digest ?? header(response, 'docker-content-digest');
    const mediaType = mediaTypeOf(response);
    if (given !== undefined && length !== undefined && response.method === 'HEAD') {
      if (!isDigest(given)) {
        throw new AttestdError('INTERNAL', `${quote(given)} in header not a valid digest`);
      }
      const size = Number(length);
      return { size, descriptor: { mediaType, digest: given, size } };
    }
    const whole = await openAt(host, this.request('GET', kind, { accept: manifestAccept }), 0);
    const bytes = await readAtMost(whole, maximumManifest);
    const digest = given ?? `sha256:${hasher().update(bytes).digest('hex')}`;
    return { size: bytes.length, descriptor: { mediaType: mediaTypeOf(whole), digest, size: bytes.length } };
  }

  /** The bytes behind a descriptor from an offset on, from the first host that has them. */
  private async open(descriptor: Descriptor, offset: number): Promise<AsyncIterable<Buffer>> {
    const elsewhere = await this.openElsewhere(descriptor, offset);
    if (elsewhere !== undefined) return skipTo(elsewhere, offset);
    const { mediaType, digest } = descriptor;
    const isManifest = isManifestType(mediaType) || isIndexType(mediaType);
    const { hosts } = this.options;
    let failure: unknown;
    for (const [i, host] of hosts.entries()) {
      const target = `${isManifest ? 'manifests' : 'blobs'}/${digest}`;
      try {
        const request = this.request('GET', target, { accept: accept(mediaType) }, i === hosts.length - 1);
        return skipTo(await openAt(host, request, offset), offset);
      } catch (error) {
        if (!(error instanceof AttestdError)) throw error;
        failure ??= error;
      }
    }
    throw opening(failure, isManifest ? undefined : descriptor);
  }

  /** The bytes from the URLs that the descriptor gives; undefined where it gives none that has them. */
  private async openElsewhere(descriptor: Descriptor, offset: number): Promise<RegistryResponse | undefined> {
    for (const text of descriptor.urls ?? []) {
      if (!URL.canParse(text)) continue;
      const url = new URL(text);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') continue;
      try {
        return await openAt(this.options.foreign(url), this.foreign(url, descriptor), offset);
      } catch (error) {
        if (error instanceof AttestdError && error.code === 'NOT_FOUND') continue;
        throw opening(error, undefined);
      }
    }
    return undefined;
  }

  private foreign(url: URL, { mediaType }: Descriptor): ApiRequest {
    const { signal } = this.options;
    const headers = { 'user-agent': this.options.headers['user-agent'] ?? '', accept: accept(mediaType) };
    return { method: 'GET', target: url, headers, scopes: [], signal, last: false };
  }
}

/** The most telling of several errors: one from further on in the process beats earlier ones. */
class FirstError {
  error: AttestdError | undefined;
  rank = 0;

  note(rank: number, error: AttestdError): void {
    if (rank <= this.rank) return;
    this.rank = rank;
    this.error = error;
  }
}

const accept = (mediaType: string): string => (mediaType === '' ? '*/*' : `${mediaType}, */*`);

/** Media type of an answer without its parameters. */
function mediaTypeOf(response: RegistryResponse): string {
  return (header(response, 'content-type') ?? '').split(';', 1)[0] as string;
}

/** What dockerd says where credentials are missing or refused. */
function deniedAccess(error: AttestdError): AttestdError {
  const why = 'pull access denied, repository does not exist or may require authorization';
  return new AttestdError(error.code, `${why}: ${error.message}`, { cause: error });
}

function opening(error: unknown, blob: Descriptor | undefined): unknown {
  if (!(error instanceof AttestdError)) return error;
  const missing = blob !== undefined && error.code === 'NOT_FOUND';
  const why = missing
    ? `could not fetch content descriptor ${blob.digest} (${blob.mediaType}) from remote: not found`
    : error.message;
  return new AttestdError(error.code, `failed to copy: httpReadSeeker: failed open: ${why}`, { cause: error });
}
