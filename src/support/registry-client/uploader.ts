import type { Readable } from 'node:stream';
import type { Descriptor } from '../../oci/descriptor.js';
import { isIndexType, isManifestType } from '../../oci/media-types.js';
import { AttestdError } from '../foundation/errors.js';
import { quote } from '../go/quote.js';
import { Repository } from './repository.js';
import { type ApiRequest, type Host, sendWithRetries } from './requester.js';
import { unexpectedStatus } from './response-errors.js';
import { drop, header, type RegistryResponse } from './transport.js';

/** Content to push. */
export interface Upload {
  readonly descriptor: Descriptor;
  /** Opens the bytes; called again when they have to be sent again. */
  readonly open: () => Promise<Readable | Buffer>;
  /** Give a manifest this tag; by its digest alone without it. */
  readonly tag?: string | undefined;
  /** A repository of the same registry that has the blob. */
  readonly mountFrom?: string | undefined;
  /** Told that the bytes are about to be sent. */
  readonly onStart?: () => void;
}

/** How content came to be in the registry. */
export type UploadOutcome = 'exists' | 'mounted' | 'pushed';

/** Writes one repository of a registry (distribution-spec, "Push"; docs/reference/registries.md#push). */
export class Uploader extends Repository {
  /**
   * Put a blob or manifest into the repository, unless it is there.
   *
   * @throws AttestdError INTERNAL when the registry refuses, UNAUTHORIZED without the credentials it wants; whatever
   * `open` throws
   */
  async push(upload: Upload): Promise<UploadOutcome> {
    const { mediaType } = upload.descriptor;
    const isManifest = isManifestType(mediaType) || isIndexType(mediaType);
    if (await this.exists(upload, isManifest)) return 'exists';
    return isManifest ? this.putManifest(upload) : this.putBlob(upload);
  }

  private get host(): Host {
    return this.options.hosts.at(-1) as Host;
  }

  private write(method: string, target: string, headers: Readonly<Record<string, string>> = {}): ApiRequest {
    return {
      ...this.request(method, target, headers),
      scopes: [`repository:${this.options.reference.path}:pull,push`],
    };
  }

  private manifestPath({ descriptor, tag }: Upload): string {
    return `manifests/${tag ?? descriptor.digest}`;
  }

  private async exists(upload: Upload, isManifest: boolean): Promise<boolean> {
    const { digest, mediaType } = upload.descriptor;
    const target = isManifest ? this.manifestPath(upload) : `blobs/${digest}`;
    const headers = { accept: `${mediaType}, */*` };
    let response: RegistryResponse;
    try {
      response = await sendWithRetries(this.host, this.write('HEAD', target, headers));
    } catch (error) {
      // Who may not look may still write.
      if (error instanceof AttestdError && error.code === 'UNAUTHORIZED') return false;
      throw error;
    }
    if (response.status === 200) {
      await drop(response);
      const byTag = isManifest && upload.tag !== undefined;
      return !byTag || header(response, 'docker-content-digest') === digest;
    }
    if (response.status === 403) {
      await drop(response);
      const again = await sendWithRetries(this.host, { ...this.write('GET', target, headers), last: false });
      throw await unexpectedStatus(again.status > 299 ? { ...again, method: 'HEAD' } : again);
    }
    if (response.status !== 404) throw await unexpectedStatus(response);
    await drop(response);
    return false;
  }

  private async putManifest(upload: Upload): Promise<UploadOutcome> {
    const { mediaType, size } = upload.descriptor;
    upload.onStart?.();
    const request = this.write('PUT', this.manifestPath(upload), { 'content-type': mediaType });
    await this.put({ ...request, body: { length: size, open: upload.open } });
    return 'pushed';
  }

  private async putBlob(upload: Upload): Promise<UploadOutcome> {
    const { digest, size } = upload.descriptor;
    const started = await this.start(upload);
    if (started.status === 201) {
      await drop(started);
      return upload.mountFrom === undefined ? 'exists' : 'mounted';
    }
    if (![200, 202, 204].includes(started.status)) throw await unexpectedStatus(started);
    await drop(started);
    const url = this.uploadUrl(started);
    url.searchParams.append('digest', digest);
    upload.onStart?.();
    const body = { length: size, open: upload.open };
    const request = this.write('PUT', '', { 'content-type': 'application/octet-stream' });
    await this.put({ ...request, target: url, body });
    return 'pushed';
  }

  /** Begin an upload, or mount the blob where another repository has it. */
  private async start({ descriptor, mountFrom }: Upload): Promise<RegistryResponse> {
    const plain = this.write('POST', 'blobs/uploads/');
    if (mountFrom !== undefined) {
      const query = new URLSearchParams({ from: mountFrom, mount: descriptor.digest });
      const scopes = [...plain.scopes, `repository:${mountFrom}:pull`];
      const response = await this.mount({ ...plain, target: `${plain.target}?${query}`, scopes }, mountFrom);
      if (response !== undefined) return response;
    }
    try {
      return await sendWithRetries(this.host, plain);
    } catch (error) {
      if (!(error instanceof AttestdError) || error.code !== 'UNAUTHORIZED') throw error;
      const why = 'push access denied, repository does not exist or may require authorization';
      throw new AttestdError(error.code, `${why}: ${error.message}`, { cause: error });
    }
  }

  /** @returns undefined where the other repository may not be read */
  private async mount(request: ApiRequest, from: string): Promise<RegistryResponse | undefined> {
    let response: RegistryResponse;
    try {
      response = await sendWithRetries(this.host, request);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      if (error.code === 'UNAUTHORIZED') return undefined;
      throw new AttestdError(error.code, `pushing with mount from ${from}: ${error.message}`, { cause: error });
    }
    if (response.status !== 401) return response;
    await drop(response);
    return undefined;
  }

  /** Where the bytes of an upload go. Another host gets no credentials, for the authorizer knows none for it. */
  private uploadUrl(started: RegistryResponse): URL {
    const location = header(started, 'location') ?? '';
    const absolute =
      location.startsWith('/') || location.includes('://') ? location : `${started.url.protocol}//${location}`;
    if (location === '' || !URL.canParse(absolute, started.url.href))
      throw new AttestdError('INTERNAL', `unable to parse location ${quote(location)}`);
    const url = new URL(absolute, started.url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new AttestdError('INTERNAL', `unable to parse location ${quote(location)}: not an HTTP URL`);
    return url;
  }

  private async put(request: ApiRequest): Promise<void> {
    const response = await sendWithRetries(this.host, request);
    if (![200, 201, 204].includes(response.status)) throw await unexpectedStatus(response);
    await drop(response);
  }
}
