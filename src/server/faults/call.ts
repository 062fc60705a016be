import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { endCall, refusePlainly } from '../grpc/call.js';
import type { GrpcCode } from '../grpc/status.js';
import { cut, shapeConnection, waitWith } from './body.js';
import { endOf } from './choice.js';
import { milliseconds } from './content.js';
import type { Fault, GrpcStatusName } from './types.js';

/** The name of a status as it stands in the code, of the one that gRPC's documents have: `NOT_FOUND`. */
function codeOf(name: GrpcStatusName): GrpcCode {
  if (name === 'CANCELLED') return 'Canceled';
  const words = name.split('_').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  return words.join('') as GrpcCode;
}

/** The operation that a call is: `ContentRead` for `/containerd.services.content.v1.Content/Read`. */
export function operationOf(path: string): string {
  const [service = '', method = ''] = path.split('/').slice(-2);
  return service.slice(service.lastIndexOf('.') + 1) + method;
}

/**
 * Do to a call what its fault says, before its method is asked (docs/reference/faults.md#a-status-of-grpc).
 *
 * @returns whether that was the whole answer
 */
export async function strikeCall(
  fault: Fault,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<boolean> {
  const { delay, status, grpcStatus, message = 'a fault that was asked for', reset } = fault;
  if (delay !== undefined && !(await waitWith(stream, milliseconds(delay)))) return true;
  if (grpcStatus !== undefined) {
    endCall(stream, headers, codeOf(grpcStatus), message);
    return true;
  }
  if (status !== undefined) {
    refusePlainly(stream, status, message, Object.fromEntries(Object.entries(fault.headers ?? {}).map(inSmall)));
    return true;
  }
  if (reset !== undefined && reset.after === undefined) {
    cut(stream);
    return true;
  }
  const end = endOf(fault);
  if (end !== undefined) shapeConnection(stream, end);
  return false;
}

const inSmall = ([name, value]: [string, string]): [string, string] => [name.toLowerCase(), value];
