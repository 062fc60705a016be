/** A daemon to test against, in the process of the test (docs/testing.md). */
export { AttestdError, type ErrorCode } from '../errors.js';
export { type Clock, ManualClock, type Timer } from '../runtime/clock.js';
export type { Script, ScriptsDocument, ScriptsSource } from '../runtime/scripts/types.js';
export type { ProcessModel } from '../runtime/types.js';
export type { BlobFault, Fault, FaultCount, FaultPlace, FaultPlan } from '../server/faults/types.js';
export type { OverlaySource } from '../server/prototype/documents.js';
export type {
  HandlerAnswer,
  HandlerJson,
  HandlerRequest,
  PrototypeHandler,
  PrototypeHandlers,
} from '../server/prototype/types.js';
export { type Connection, type Daemon, type DaemonOptions, startDaemon } from './daemon.js';
export type { JournalEntry } from './journal.js';
export type { ArchiveSource, ImageSource, LayoutFiles } from './sources.js';
