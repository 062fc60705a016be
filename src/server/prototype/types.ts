import type { IncomingHttpHeaders } from 'node:http';

/** A JSON value of a handler's own making. */
export type HandlerJson =
  | null
  | boolean
  | number
  | string
  | readonly HandlerJson[]
  | { readonly [member: string]: HandlerJson | undefined };

/** A request as a handler of a prototype gets it; it fits the description already. */
export interface HandlerRequest {
  readonly operationId: string;
  /** `major.minor`, the version that the request speaks. */
  readonly apiVersion: string;
  /** Path parameters by name, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters, and those of a form body. */
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** The body's bytes, at most 8 MiB; empty where there is none. */
  bytes(): Promise<Uint8Array>;
  /** The body as JSON; undefined where there is none. */
  json(): Promise<unknown>;
}

interface AnswerHead {
  /** 200 without it. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of a handler: one JSON value, bytes as they are, pieces as they come, or nothing. */
export type HandlerAnswer =
  | (AnswerHead & { readonly json: HandlerJson })
  | (AnswerHead & {
      readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
      /** `application/octet-stream` without it. */
      readonly contentType?: string;
    })
  | (AnswerHead & { readonly json?: undefined; readonly body?: undefined });

/**
 * Answers one operation instead of the server.
 *
 * @param request the request; parameters and body are checked against the description already
 * @param next what the server answers without the handler: its own answer, or the description's example
 * @returns the answer. A thrown AttestdError is answered with its status and message, anything else with 500
 */
export type PrototypeHandler = (
  request: HandlerRequest,
  next: () => Promise<HandlerAnswer>,
) => HandlerAnswer | Promise<HandlerAnswer>;

/** Handlers by operationId. */
export type PrototypeHandlers = Readonly<Record<string, PrototypeHandler>>;
