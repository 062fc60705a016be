import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Context } from '../engine/context.js';
import type { Body, JsonValue } from '../engine/types.js';
import type { AnswerOf, OperationId } from '../engine/wire.js';
import type { Form } from './form.js';

/** A request to one operation, free of its transport. */
export interface OperationRequest {
  readonly operationId: string;
  /** `major.minor`, between the versions that the server speaks. */
  readonly apiVersion: string;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Aborts when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /**
   * Query parameters, and the form body of a POST, PUT or PATCH before them; without those that the description gives
   * to later versions of the API than the request's.
   *
   * @throws AttestdError INVALID_ARGUMENT for a query that cannot be decoded
   */
  form(): Promise<Form>;
}

/** How an operation answers. */
export type OperationResult<Value = JsonValue> =
  | JsonResult<Value>
  | BodyResult
  | RecordsResult
  | EmptyResult
  | HijackResult;

interface Answer {
  /** 200 without it. */
  readonly status?: number;
  /** Headers beside those of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the same URL has the same answer until the store changes. */
  readonly keep?: boolean;
}

/** One JSON value. */
export interface JsonResult<Value = JsonValue> extends Answer {
  readonly kind: 'json';
  readonly value: Value;
}

/** Bytes as they are. */
export interface BodyResult extends Answer {
  readonly kind: 'body';
  readonly contentType: string;
  readonly body: Body;
}

/** A stream of pieces, each sent when it is there. An error before the first piece becomes the answer. */
export interface RecordsResult extends Answer {
  readonly kind: 'records';
  readonly contentType: string;
  readonly records: AsyncIterable<string | Uint8Array>;
  /** Whether the header is sent before the first piece is there. */
  readonly early?: boolean;
}

/** The connection itself: after the head, bytes go both ways until the operation is done with it. */
export interface HijackResult {
  readonly kind: 'hijack';
  /** `101 UPGRADED`. */
  readonly statusLine: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the daemon's own headers are left out. */
  readonly bare?: boolean;
  /** Whether the connection becomes a WebSocket, whose messages are the bytes; the head is then its own. */
  readonly webSocket?: boolean;
  /** Takes the connection; its errors are handled, and it is closed when this is done. */
  run(connection: Duplex): Promise<void>;
  /** Called instead of `run` when the client has gone already. */
  abandon(): void;
}

/** No body. */
export interface EmptyResult extends Answer {
  readonly kind: 'empty';
}

/**
 * Answers one operation: reads the request's parameters and calls the operation's function in the engine with the
 * daemon's state. Thrown errors become the daemon's error answers.
 */
export type OperationHandler<Value = JsonValue> = (
  request: OperationRequest,
  context: Context,
) => OperationResult<Value> | Promise<OperationResult<Value>>;

/**
 * The handlers of one tag, by operationId. A JSON answer has the type that the description gives it, so that the
 * compiler holds the server against the description.
 */
export type DescribedHandlers = { readonly [Id in OperationId]?: OperationHandler<AnswerOf<Id>> };

/** Handlers by operationId, whatever they answer. */
export type OperationHandlers = Readonly<Record<string, OperationHandler>>;
