import { readdirSync, readFileSync } from 'node:fs';

/** Where recordings and images lie. */
const golden = new URL('../../golden/', import.meta.url);

/** An entry of an archive that was recorded. */
export interface TarEntry {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly content?: string;
}

/** One recorded exchange with dockerd. */
export interface Exchange {
  readonly fixture?: string | null;
  readonly note?: string | null;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body?: string;
    readonly bodyEncoding?: string;
    readonly bodyBase64?: string;
    readonly bodySha256?: string;
    readonly bodyTruncated?: boolean;
    readonly bodyBytes?: number;
    readonly tarEntries?: readonly TarEntry[];
  };
}

/** The exchanges of a recording, such as `att-basic` or `topics/tag`. */
export function readRecording(name: string): readonly Exchange[] {
  return JSON.parse(readFileSync(new URL(`recordings/${name}.json`, golden), 'utf8')) as Exchange[];
}

/** Names of the recordings made image by image. */
export function imageRecordings(): readonly string[] {
  return readdirSync(new URL('recordings/', golden))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/** An image archive. */
export function readImage(name: string): Buffer {
  return readFileSync(new URL(`images/${name}.tar`, golden));
}

/** The recorded body; undefined where it was not kept as a whole. */
export function recordedBody({ response }: Exchange): Buffer | undefined {
  if (response.bodyTruncated) return undefined;
  if (response.bodyBase64 !== undefined) return Buffer.from(response.bodyBase64, 'base64');
  if (response.body === undefined) return undefined;
  return Buffer.from(response.body, response.bodyEncoding === 'base64' ? 'base64' : 'utf8');
}

/** What an exchange is called in test names and accounts: its place, method and path. */
export function label(exchange: Exchange, at: number): string {
  const note = exchange.note ? ` (${exchange.note})` : '';
  return `#${at} ${exchange.request.method} ${exchange.request.path}${note}`;
}
