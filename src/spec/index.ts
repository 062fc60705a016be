/** The Engine API description: loading, patching, converting, looking up and checking against it. */

export { type ApplyResult, applyToText, type Conflict, type LocatedOverlay, locateOverlay } from './apply.js';
export { apiFolder, buildDescription, buildText, builtFile, type Channel, channels, readOverlays } from './build.js';
export { changelogEntry } from './changelog.js';
export { toOpenApi } from './convert.js';
export { type Change, type Comparison, compareDescriptions } from './diff.js';
export { type Model, readModel } from './diff-model.js';
export { readOperand } from './diff-operand.js';
export type { Description, Json, JsonObject, Operation, Parameter, Response, Schema } from './document.js';
export { parseDescription, readDescription } from './load.js';
export { findOperation, type LocatedOperation, listOperations } from './operations.js';
export { applyOverlay, type Overlay, parseOverlay } from './overlay.js';
export { fromPointer, getAt, toPointer } from './pointer.js';
export type { OperationEntry, ParameterEntry, ResponseEntry } from './table.js';
export { openApiDocument, type ResponseCheck, type Violation, validateResponse } from './validate.js';
export { compareVersions } from './versions.js';
