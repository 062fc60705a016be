/** JSON with the rules of Go's encoding/json, over bytes. */
export { decodeJson, mostElementsOfRequest } from './json/decode.js';
export { compactJson, firstJson, firstJsonInTurns, jsonFault } from './json/document.js';
export { setOwn } from './json/own.js';
export { type JsonObject, type JsonValue, renderJson, sortedMap, sortKeys, VerbatimJson } from './json/render.js';
export { JsonScanner, maxDepth } from './json/scan.js';
export { compareText, encodeString, escapeHtml, goUtf8 } from './json/text.js';
export {
  embedded,
  type Fields,
  type GoField,
  type GoType,
  goAny,
  goBool,
  goBytes,
  goFloat32,
  goInt,
  goInt64,
  goRaw,
  goString,
  goTime,
  goUint16,
  goUint32,
  goUint64,
  keyedMap,
  map,
  named,
  pointer,
  slice,
  struct,
} from './json/type.js';
export { encodeJson, goObject, goValue, jsonRecord, marshalJson } from './json/value.js';
