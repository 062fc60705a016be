/** A daemon to test against, in the process of the test (docs/guides/test-a-client.md). */

export type { BlobFault, Fault, FaultCount, FaultPlace, FaultPlan } from '../server/faults/types.js';
export type { OverlaySource } from '../server/prototype/documents.js';
export type {
  HandlerAnswer,
  HandlerJson,
  HandlerRequest,
  PrototypeHandler,
  PrototypeHandlers,
} from '../server/prototype/types.js';
export { AttestdError, type ErrorCode } from '../support/foundation/errors.js';
export { type Clock, ManualClock, type Timer } from '../support/sandbox/clock.js';
export type { Script, ScriptsDocument, ScriptsSource } from '../support/sandbox/scripts/types.js';
export type { ProcessModel } from '../support/sandbox/types.js';
export { type Connection, type Daemon, type DaemonOptions, startDaemon } from './daemon.js';
export type { JournalEntry } from './journal.js';
export type { ArchiveSource, ImageSource, LayoutFiles } from './sources.js';
