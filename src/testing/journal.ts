import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { RunningServer } from '../server/index.js';
import { operationFinder } from '../server/routes.js';
import { splitVersion } from '../server/version.js';
import { cleanPath, percentDecode, splitTarget } from '../support/go/url.js';

/** A request that a client made, and what became of it. */
export interface JournalEntry {
  readonly method: string;
  /** As it came, with its version prefix and query. */
  readonly url: string;
  /** Decoded, without version prefix and query; as it came when it cannot be decoded. */
  readonly path: string;
  /** The version in the path, `1.55` for `/v1.55/…`; undefined without one. */
  readonly apiVersion: string | undefined;
  readonly query: URLSearchParams;
  /** The operation of the description, `ImageAttestations` for example; undefined when there is none. */
  readonly operationId: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** A JSON or form body, as far as the server has read it; undefined for any other, and for one above 64 KiB. */
  readonly body: Buffer | undefined;
  readonly receivedAt: Date;
  /** Status of the answer; undefined until it is sent. */
  readonly status: number | undefined;
  /** Whether the answer is complete; a client that hangs up, or an event stream that is open, has none. */
  readonly answered: boolean;
}

/** Most requests that are remembered; then the oldest are forgotten. */
const most = 10_000;
const largestBody = 64 * 1024;
const bodyTypes = /^application\/(?:[a-z.+-]*json|x-www-form-urlencoded)\b/i;

type Operations = RunningServer['operations'];

/** Says which operation a method and a path are of. */
type Finder = ReturnType<typeof operationFinder>;

/** Finds among the given operations; made with the first question: many tests never ask. */
function lazyFinder(among: () => Operations): Finder {
  let find: Finder | undefined;
  return (method, path) => {
    find ??= operationFinder(among());
    return find(method, path);
  };
}

class Entry implements JournalEntry {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly apiVersion: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt = new Date();
  #response: ServerResponse | undefined;
  #status: number | undefined;
  #answered = false;
  #body: Buffer[] | undefined;

  constructor(
    private readonly find: Finder,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    const { version, rest } = splitVersion(decoded(this.url));
    this.path = rest;
    this.apiVersion = version;
    this.headers = request.headers;
    this.#response = response;
    response.once('finish', () => this.#end(true));
    response.once('close', () => this.#end(false));
    if (bodyTypes.test(request.headers['content-type'] ?? '')) this.#keepBody(request);
  }

  get query(): URLSearchParams {
    return new URLSearchParams(splitTarget(this.url).search);
  }

  get operationId(): string | undefined {
    return this.find(this.method, this.path);
  }

  get status(): number | undefined {
    return this.#response?.headersSent === true ? this.#response.statusCode : this.#status;
  }

  get answered(): boolean {
    return this.#answered;
  }

  get body(): Buffer | undefined {
    return this.#body && Buffer.concat(this.#body);
  }

  #end(complete: boolean): void {
    this.#status = this.status;
    this.#answered ||= complete;
    this.#response = undefined;
  }

  /** What arrives is noted on its way to whoever reads the request: listening would start it before anybody does. */
  #keepBody(request: IncomingMessage): void {
    let size = 0;
    this.#body = [];
    const push = request.push;
    request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (Buffer.isBuffer(chunk)) size += chunk.length;
      if (size > largestBody) this.#body = undefined;
      else if (Buffer.isBuffer(chunk)) this.#body?.push(chunk);
      return push.call(request, chunk, encoding);
    };
  }
}

function decoded(url: string): string {
  const { path } = splitTarget(url);
  try {
    return cleanPath(percentDecode(path, false));
  } catch {
    return path;
  }
}

/** What clients asked, the first request first. */
export class Journal {
  readonly entries: JournalEntry[] = [];
  private readonly find: Finder;

  /** @param operations the server's, asked for once somebody wants to know */
  constructor(operations: () => Operations) {
    this.find = lazyFinder(operations);
  }

  /** To be called with each request before it is answered. */
  note(request: IncomingMessage, response: ServerResponse): void {
    this.entries.push(new Entry(this.find, request, response));
    if (this.entries.length > most) this.entries.shift();
  }

  clear(): void {
    this.entries.length = 0;
  }
}
