/** Further overlays, and descriptions of one's own, as OpenAPI 3. */
import { join } from 'node:path';
import { builtFile } from '../../spec/build.js';
import { toOpenApi } from '../../spec/convert.js';
import { type Description, isObject, type Json, type JsonObject } from '../../spec/document.js';
import { apiFolder, applyOverlay, type Overlay, parseDescription, parseOverlay } from '../../spec/index.js';
import { readText } from '../../spec/load.js';
import { parseYaml } from '../../spec/yaml.js';
import { AttestdError } from '../../support/foundation/errors.js';

/** A file in YAML or JSON, or what it would hold: an overlay, or a description in Swagger 2.0 or OpenAPI 3. */
export type OverlaySource = string | object;

/** The packaged description, and what further documents make of it or put in its place; both in OpenAPI 3. */
export interface Documents {
  readonly base: JsonObject;
  readonly patched: JsonObject;
}

interface Read {
  readonly name: string;
  readonly text: string;
  readonly value: Record<string, unknown>;
}

function read(source: OverlaySource, at: number): Read {
  const name = typeof source === 'string' ? source : `overlay ${at + 1}`;
  const text = typeof source === 'string' ? readText(source) : JSON.stringify(source);
  const value = parseYaml(text, name);
  if (!isObject(value)) throw new AttestdError('INVALID_ARGUMENT', `${name}: no mapping`);
  return { name, text, value };
}

const isDescription = ({ value }: Read): boolean => value.swagger !== undefined || value.openapi !== undefined;

/** The one description among the documents; undefined where all are overlays. */
function ownDescription(documents: readonly Read[]): JsonObject | undefined {
  const [first, second] = documents.filter(isDescription);
  if (second !== undefined)
    throw new AttestdError('INVALID_ARGUMENT', `${second.name}: there is a description already, ${first?.name}`);
  if (first === undefined) return undefined;
  if (first.value.swagger !== undefined) return parseDescription(first.text, first.name) as unknown as JsonObject;
  if (!/^3\.[0-2]\./.test(String(first.value.openapi)) || !isObject(first.value.paths))
    throw new AttestdError('INVALID_ARGUMENT', `${first.name}: no description in OpenAPI 3 with paths`);
  return first.value as JsonObject;
}

function overlays(documents: readonly Read[]): Overlay[] {
  return documents.filter((document) => !isDescription(document)).map(({ text, name }) => parseOverlay(text, name));
}

function inOpenApi(description: JsonObject): JsonObject {
  return description.swagger === undefined ? description : toOpenApi(description as unknown as Description);
}

let packagedRead: { readonly description: JsonObject; readonly base: JsonObject } | undefined;

/** The packaged description and its form in OpenAPI 3, read once: neither is changed. */
function packaged(): { readonly description: JsonObject; readonly base: JsonObject } {
  if (packagedRead === undefined) {
    const path = join(apiFolder, builtFile);
    const description = parseDescription(readText(path), path);
    packagedRead = { description: description as unknown as JsonObject, base: toOpenApi(description) };
  }
  return packagedRead;
}

/**
 * Read further overlays, or a description of one's own and overlays to it.
 *
 * @param sources applied in their order; an action that selects nothing does not fit
 * @throws AttestdError NOT_FOUND for a file that is not there, INVALID_ARGUMENT for one that is neither overlay nor description, for
 *   a second description and for an overlay that does not fit
 */
export function readDocuments(sources: readonly OverlaySource[]): Documents {
  const documents = sources.map(read);
  const { description, base } = packaged();
  try {
    const own = ownDescription(documents) ?? structuredClone(description);
    for (const overlay of overlays(documents)) applyOverlay(own as Json, overlay, { strict: true });
    return { base, patched: inOpenApi(own) };
  } catch (cause) {
    // A broken overlay is bad input of whoever starts the server.
    if (cause instanceof AttestdError && cause.code === 'OVERLAY')
      throw new AttestdError('INVALID_ARGUMENT', cause.message, { cause });
    throw cause;
  }
}
