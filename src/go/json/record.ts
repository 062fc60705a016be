import { escapeHtml } from '../json.js';
import { type JsonValue, renderJson } from './render.js';

/** A value as the daemon's streams carry it: by Go's rules, `<>&` escaped, without a line end. */
export function jsonRecord(value: JsonValue): string {
  return escapeHtml(renderJson(value).toString('utf8').trimEnd());
}
