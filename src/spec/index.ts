/** The Engine API description: loading, patching, converting, looking up and checking against it. */
export { apiFolder, buildDescription, buildText, builtFile, type Channel, channels, readOverlays } from './build.js';
export { toOpenApi } from './convert.js';
export type { Description, Json, JsonObject, Operation, Parameter, Response, Schema } from './document.js';
export { parseDescription, readDescription } from './load.js';
export { findOperation, type LocatedOperation, listOperations } from './operations.js';
export { applyOverlay, type Overlay, parseOverlay } from './overlay.js';
export { fromPointer, getAt, toPointer } from './pointer.js';
export type { OperationEntry, ParameterEntry, ResponseEntry } from './table.js';
export { openApiDocument, type ResponseCheck, type Violation, validateResponse } from './validate.js';
export { compareVersions } from './versions.js';
