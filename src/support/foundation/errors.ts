/**
 * The one error class of the project and the closed table of its codes.
 *
 * Each code has a meaning on every surface: an HTTP status for the server, a gRPC status for the content
 * service and an exit code for the command line.
 */

interface ErrorKind {
  /** HTTP status of an Engine API answer. */
  readonly http: number;
  /** gRPC status code (google.rpc.Code). */
  readonly grpc: number;
  /** Process exit code of the command line. */
  readonly exit: number;
}

const kinds = {
  /** The suite or the program itself broke. */
  INTERNAL: { http: 500, grpc: 2, exit: 3 },
  /** A parameter, body or document does not have the required form. */
  INVALID_ARGUMENT: { http: 400, grpc: 3, exit: 2 },
  /** A flag or argument of the command line is wrong. */
  USAGE: { http: 400, grpc: 3, exit: 2 },
  /** An image reference cannot be parsed. */
  INVALID_REFERENCE: { http: 400, grpc: 3, exit: 2 },
  /** A digest does not have the form algorithm:hex. */
  INVALID_DIGEST: { http: 400, grpc: 3, exit: 2 },
  /** A platform cannot be parsed or is incomplete. */
  INVALID_PLATFORM: { http: 400, grpc: 3, exit: 2 },
  /** A document is no valid JSON. */
  INVALID_JSON: { http: 400, grpc: 3, exit: 2 },
  /** An archive is broken, or holds an entry that the store refuses. */
  INVALID_ARCHIVE: { http: 400, grpc: 3, exit: 2 },
  /** An image, manifest or blob is not there. */
  NOT_FOUND: { http: 404, grpc: 5, exit: 1 },
  /** The name, tag or lock is already taken. */
  ALREADY_EXISTS: { http: 409, grpc: 6, exit: 1 },
  /** The act contradicts the present state. */
  CONFLICT: { http: 409, grpc: 9, exit: 1 },
  /** Everything is already as it was asked for. */
  NOT_MODIFIED: { http: 304, grpc: 9, exit: 1 },
  /** A registry wants other credentials, or any. */
  UNAUTHORIZED: { http: 401, grpc: 16, exit: 1 },
  /** The caller may not do this. */
  FORBIDDEN: { http: 403, grpc: 7, exit: 1 },
  /** Bytes do not hash to their digest, or end early. */
  CORRUPT: { http: 500, grpc: 15, exit: 1 },
  /** An offset lies beyond the end of a blob. */
  OUT_OF_RANGE: { http: 416, grpc: 11, exit: 1 },
  /** A file system or store has no room left (ENOSPC). */
  NO_SPACE: { http: 500, grpc: 8, exit: 1 },
  /** The store is read-only. */
  READ_ONLY: { http: 500, grpc: 2, exit: 1 },
  /** The server has no such operation. */
  NOT_IMPLEMENTED: { http: 501, grpc: 12, exit: 1 },
  /** A daemon's answer is not what a conformance requirement demands. */
  NOT_CONFORMANT: { http: 500, grpc: 2, exit: 1 },
  /** A registry wants to be asked more slowly. */
  TOO_MANY_REQUESTS: { http: 429, grpc: 8, exit: 1 },
  /** A registry does not do what is asked. */
  UNSUPPORTED: { http: 405, grpc: 12, exit: 1 },
  /** No daemon answers at the given address. */
  UNAVAILABLE: { http: 503, grpc: 14, exit: 2 },
  /** An overlay or patch does not fit its target. */
  OVERLAY: { http: 500, grpc: 9, exit: 1 },
} as const satisfies Record<string, ErrorKind>;

/** A code of the closed table. */
export type ErrorCode = keyof typeof kinds;

/** All codes with their meanings on each surface. */
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = kinds;

/** The error that every public function of the project throws. */
export class AttestdError extends Error {
  readonly code: ErrorCode;

  /**
   * @param code what went wrong, from the closed table
   * @param message one sentence that names what was wrong
   * @param options the underlying error, if any
   */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AttestdError';
    this.code = code;
  }

  /** HTTP status of an answer that reports this error. */
  get httpStatus(): number {
    return kinds[this.code].http;
  }

  /** gRPC status code of an answer that reports this error. */
  get grpcStatus(): number {
    return kinds[this.code].grpc;
  }

  /** Exit code of a command that ends with this error. */
  get exitCode(): number {
    return kinds[this.code].exit;
  }
}
