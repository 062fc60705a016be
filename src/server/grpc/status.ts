/** gRPC status codes. */
export const grpcCodes = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

/** The name of a code as it stands in a daemon's texts. */
export type GrpcCode = keyof typeof grpcCodes;

/** Ends a call with a status. */
export class GrpcStatusError extends Error {
  readonly code: GrpcCode;

  /**
   * @param code status of the call
   * @param message text of the status, unescaped
   */
  constructor(code: GrpcCode, message: string) {
    super(message);
    this.name = 'GrpcStatusError';
    this.code = code;
  }
}

/**
 * The error of a handler: the daemon passes it through an interceptor that renders the status into the text once more
 * (docs/reference/behavior/content-service.md#status-and-texts).
 */
export function refuse(code: GrpcCode, message: string): GrpcStatusError {
  return new GrpcStatusError(code, `rpc error: code = ${code} desc = ${message}`);
}

/** Longest status text that is sent, bytes before they are encoded: a longer one would not fit into trailers. */
const longestMessage = 4096;

/**
 * A status text as it goes into `grpc-message`: UTF-8, with everything but printable ASCII percent-encoded. One that
 * quotes a long request is cut, for the status itself would be lost with trailers that no client takes.
 */
export function encodeStatusMessage(message: string): string {
  let encoded = '';
  for (const byte of Buffer.from(message.slice(0, longestMessage)))
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return encoded;
}
