/** Converts the packaged overlays, written for Swagger 2.0, to their equivalent for OpenAPI 3. */
import type { LocatedOverlay } from './apply-overlay.js';
import { convertPathItem, convertSchema, type Dialect } from './convert.js';
import { type Description, isObject, type Json, type JsonObject, type PathItem, type Schema } from './document.js';
import type { Action } from './overlay.js';

/** Omits the style of query parameters where it is the default. */
function withoutDefaults(item: JsonObject): JsonObject {
  for (const { parameters } of Object.values(item) as { parameters?: JsonObject[] }[]) {
    for (const parameter of parameters ?? []) if (parameter.style === 'form') delete parameter.style;
  }
  return item;
}

function convertUpdate(target: string, update: JsonObject, dialect: Dialect): JsonObject {
  const each = (convert: (value: Json) => Json): JsonObject =>
    Object.fromEntries(Object.entries(update).map(([key, value]) => [key, convert(value)]));
  if (/^\$\.definitions$|\.properties$/.test(target)) {
    return each((schema) => convertSchema(schema as Schema, dialect));
  }
  if (target === '$.paths') {
    const description = { produces: ['application/json'], definitions: {} } as unknown as Description;
    return each((item) => withoutDefaults(convertPathItem(item as PathItem, { description, dialect })));
  }
  return target.startsWith('$.definitions.') ? convertSchema(update as Schema, dialect) : update;
}

function convertAction(action: Action, dialect: Dialect): Action {
  const { target, update } = action;
  if (target === '$' && isObject(update) && typeof update.basePath === 'string') {
    // Other members of the root have no counterpart.
    return { ...action, target: '$.servers[*]', update: { url: update.basePath } };
  }
  return {
    ...action,
    target: target.replace(/^\$\.definitions\b/, '$.components.schemas'),
    ...(isObject(update) && { update: convertUpdate(target, update as JsonObject, dialect) }),
  };
}

/**
 * Converts an overlay for Swagger 2.0 into the equivalent overlay for OpenAPI 3.
 *
 * @param overlay the overlay; one that adds or changes schemas, path items and the version
 * @param version the version of OpenAPI, such as `3.1.0`
 * @returns the converted overlay, with the lines of the original
 */
export function forOpenApi(overlay: LocatedOverlay, version: string): LocatedOverlay {
  const dialect = version.slice(0, 3) as Dialect;
  return { ...overlay, actions: overlay.actions.map((action) => convertAction(action, dialect)) };
}
