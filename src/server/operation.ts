import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Context } from '../engine/context.js';
import type { Body, JsonValue } from '../engine/types.js';
import type { AnswerOf, OperationId } from '../engine/wire.js';
import type { operations } from '../generated/engine-api.js';
import type { Form } from './form.js';

/** A query parameter: a flag, all values of a list, or text. Numbers stay text, because dockerd refuses each in its own words. */
export type QueryValue = boolean | string | readonly string[];

type Described<Id, Place extends 'path' | 'query'> = Id extends OperationId
  ? NonNullable<operations[Id]['parameters'][Place]>
  : never;

/** Path parameters of an operation, by the description. */
type PathParameters<Id extends string> = string extends Id
  ? Readonly<Record<string, string>>
  : { readonly [Name in keyof Described<Id, 'path'>]: string };

/** Query parameters of an operation, by the description: each has a value, its default if the request has none. */
type QueryParameters<Id extends string> = string extends Id
  ? Readonly<Record<string, QueryValue>>
  : {
      readonly [Name in keyof Described<Id, 'query'>]-?: [NonNullable<Described<Id, 'query'>[Name]>] extends [boolean]
        ? boolean
        : NonNullable<Described<Id, 'query'>[Name]> extends readonly unknown[]
          ? readonly string[]
          : string;
    };

/** A request to one operation, free of its transport. */
export interface OperationRequest<Id extends string = string> {
  readonly operationId: string;
  /** `major.minor`, between the versions that the server speaks. */
  readonly apiVersion: string;
  /** Path parameters, decoded. */
  readonly params: PathParameters<Id>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Aborts if the client disconnects before the response is complete. */
  readonly signal: AbortSignal;
  /**
   * Returns the query parameters of the description. One that the request's version does not have yet counts as absent.
   *
   * @throws AttestdError INVALID_ARGUMENT for a query that cannot be decoded
   */
  query(): Promise<QueryParameters<Id>>;
  /**
   * Returns all parameters as text, for those that the description lacks, or has with another type or default than dockerd.
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
 * daemon's state. A thrown error becomes the daemon's error response.
 */
export type OperationHandler<Id extends string = string> = (
  request: OperationRequest<Id>,
  context: Context,
) => ResultOf<Id> | Promise<ResultOf<Id>>;

type ResultOf<Id extends string> = Id extends OperationId ? OperationResult<AnswerOf<Id>> : OperationResult;

/**
 * Handlers by operationId. A JSON response has the type that the description gives it, so that the compiler holds the server
 * against the description.
 */
export type DescribedHandlers = { readonly [Id in OperationId]?: OperationHandler<Id> };

/** Handlers by operationId, whatever they return. */
export type OperationHandlers = Readonly<Record<string, OperationHandler>>;

/** A row of the route table. A file that lacks the row's handler does not compile. */
export interface RouteRow<Id extends OperationId> {
  readonly method: string;
  readonly path: string;
  /** First API version that has the operation; absent: 1.25 or earlier. */
  readonly since?: string;
  /** Reads the file with the handler, with the first request for one of its operations. */
  readonly handler: <R>(
    use: (file: { readonly handlers: { readonly [Key in Id]: OperationHandler<Key> } }) => R | Promise<R>,
  ) => R | Promise<R>;
}

/** A row for each operation of the description. */
export type RouteTable = { readonly [Id in OperationId]: RouteRow<Id> };
