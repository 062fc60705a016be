import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Step } from './app.js';

/** A request and its response, once the response is complete or the client has disconnected. */
export interface RequestRecord {
  readonly method: string;
  /** The request target with its query. */
  readonly target: string;
  /** Undefined if no operation was found. */
  readonly operationId: string | undefined;
  /** The API version of the request; undefined if it was refused before the version was known. */
  readonly apiVersion: string | undefined;
  readonly status: number;
  /** Milliseconds from the request head to the end of the response. */
  readonly ms: number;
  /** Bytes of the response body. */
  readonly bytes: number;
  /** The client's address, and its `User-Agent`; empty if unknown. */
  readonly client: string;
  readonly agent: string;
  /** Whether the response was kept from an earlier request. */
  readonly cached: boolean;
  /** Whether the connection ended before the response. */
  readonly aborted: boolean;
}

type Watch = (record: RequestRecord) => void;

/** Records every request that koa answers. */
export function record(watch: Watch): Step {
  return ({ req, res, state }, next) => {
    recordResponse(req, res, () => state, false, watch);
    return next();
  };
}

/**
 * Hands over a record once a response is closed.
 *
 * @param known the operation and version, asked for at the end
 */
export function recordResponse(
  request: IncomingMessage,
  response: ServerResponse,
  known: () => Pick<RequestRecord, 'operationId' | 'apiVersion'>,
  cached: boolean,
  watch: Watch,
): void {
  const began = performance.now();
  // Both are unknown once the connection is closed.
  const client = request.socket?.remoteAddress ?? '';
  const count = countBytes(response);
  response.once('close', () => {
    const { operationId, apiVersion } = known();
    watch({
      method: request.method ?? '',
      target: request.url ?? '',
      operationId,
      apiVersion,
      status: response.statusCode,
      ms: performance.now() - began,
      bytes: count(),
      client,
      agent: request.headers['user-agent'] ?? '',
      cached,
      aborted: !response.writableFinished,
    });
  });
}

/** Counts the bytes that are written to a response body. */
function countBytes(response: ServerResponse): () => number {
  let bytes = 0;
  const counted = <Act extends 'write' | 'end'>(name: Act): ServerResponse[Act] => {
    const act = response[name] as (...args: unknown[]) => unknown;
    const counting = (...args: unknown[]): unknown => {
      const [chunk, encoding] = args;
      if (typeof chunk === 'string') bytes += Buffer.byteLength(chunk, encoding as BufferEncoding | undefined);
      else if (chunk instanceof Uint8Array) bytes += chunk.length;
      return act.apply(response, args);
    };
    return counting as ServerResponse[Act];
  };
  response.write = counted('write');
  response.end = counted('end');
  return () => bytes;
}
