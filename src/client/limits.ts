/** Bounds of the client: what it accepts from a daemon that it does not trust. Callers of `connect` can change the defaults. */

/** Longest answer that is read into memory, bytes: the attestations of one image with all statements stay far below. */
export const maxBodyBytes = 64 * 1024 * 1024;

/** Longest silence of a daemon, in milliseconds, before its answer and within it. dockerd's slowest reads take some seconds. */
export const silenceTimeoutMs = 60_000;

/** Longest time from a request to the end of its answer, in milliseconds: bounds a daemon that sends one byte at a time. */
export const deadlineMs = 300_000;

/** Longest part of an error answer that becomes an error message, bytes. */
export const maxErrorBytes = 16 * 1024;

/** Largest index or manifest that is parsed, bytes, as in containerd. */
export const maxManifestBytes = 8 * 1024 * 1024;

/** Deepest nesting of arrays and objects in a JSON answer. The Engine API nests fewer than 20 levels. */
export const maxJsonDepth = 512;

/** Most values in a JSON answer: a list of 10,000 images with manifests has about 600,000. */
export const maxJsonValues = 2_000_000;

/** Longest gRPC message that is received, bytes, as in gRPC's own libraries. */
export const maxMessageBytes = 4 * 1024 * 1024;

/** Bytes of a gRPC answer in flight before they are read (HTTP/2 flow-control window). */
export const streamWindowBytes = 4 * 1024 * 1024;

/** Idle milliseconds after which a kept-alive connection is not reused: the daemon may be closing it. */
export const idleReuseMs = 1_000;

/** Connections to one daemon at the same time. */
export const maxConnections = 64;

/** Referrers of one digest that are looked at. */
export const maxReferrers = 1_000;

/** Longest blob that `resolveAttestations` reads, bytes. */
export const maxBlobBytes = 256 * 1024 * 1024;
