/**
 * Faults: what a daemon does on a bad day (docs/reference/faults.md, schemas/faults-1.0.json).
 *
 * Durations are texts as Go writes them: `500ms`, `1.5s`.
 */

/** A pattern, or several of which one has to match: `*` stands for any text, `?` for one character. */
export type Patterns = string | readonly string[];

/** A place in the body of an answer, or in a hijacked stream. */
export interface FaultPlace {
  /** Bytes that are sent before; 0 without it. */
  readonly after?: number;
}

/** What becomes of blobs that a request reads. */
export interface BlobFault {
  readonly is: 'missing' | 'corrupt' | 'slow';
  /** Which blobs; all without it. */
  readonly digest?: Patterns;
  /** With `slow`: time before each piece; 100 ms without it. */
  readonly delay?: string;
}

/** How gRPC ends a call that failed (grpc.io, "Status codes and their use in gRPC"). */
export type GrpcStatusName =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED';

/** One fault, and which requests it strikes. */
export interface Fault {
  /** What it is called where it is counted. */
  readonly name?: string;
  /** All of these have to match; without it, every request. */
  readonly match?: {
    /** An operationId of the description; for gRPC the name of the service and the method: `ContentRead`. */
    readonly operation?: Patterns;
    /** The image that is asked for, or of which the container is or is to be made. */
    readonly image?: Patterns;
    /** What the client calls itself in `User-Agent`. */
    readonly client?: Patterns;
  };
  /** Requests that are let pass first. */
  readonly skip?: number;
  /** How many requests it strikes at most. */
  readonly times?: number;
  /** How likely it strikes a request, 0 to 1; 1 without it. */
  readonly probability?: number;
  /** Time before anything is answered. */
  readonly delay?: string;
  /** The answer's status, instead of the daemon's answer. */
  readonly status?: number;
  /** The status that a call of gRPC ends with, instead of the daemon's answer. */
  readonly grpcStatus?: GrpcStatusName;
  /** With `status` or `grpcStatus`: what the error says. */
  readonly message?: string;
  /** With `status`: headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** End the connection: before the answer, or after some bytes of its body or of a hijacked stream. */
  readonly reset?: FaultPlace;
  /** End the body early, as if it were whole. */
  readonly truncate?: FaultPlace;
  /** Send nothing more, and keep the connection. */
  readonly stall?: FaultPlace;
  /** Send a `Content-Length` that is wrong by so many bytes, then hang up. */
  readonly contentLength?: number;
  readonly blob?: BlobFault;
}

/** A daemon's bad day. */
export interface FaultPlan {
  /** What chance depends on; 1 without it. */
  readonly seed?: number;
  /** Do what is permitted but unusual. */
  readonly mode?: 'hard';
  /** Answer as a daemon whose images are kept by a graph driver. */
  readonly store?: 'graph-driver';
  readonly faults?: readonly Fault[];
}

/** How often a fault was met. */
export interface FaultCount {
  readonly name: string;
  /** Requests that it matched. */
  readonly matched: number;
  /** Requests that it struck. */
  readonly struck: number;
}

/** What is done to the faults of a server that runs. */
export interface FaultControl {
  /** How often each fault happened, in the order of the plan. */
  readonly counts: readonly FaultCount[];
  /**
   * Have other things go wrong from now on.
   *
   * @param plan nothing goes wrong without it
   * @throws AttestdError INVALID_ARGUMENT for a plan that does not fit schemas/faults-1.0.json
   */
  replace(plan?: FaultPlan): Promise<void>;
}
