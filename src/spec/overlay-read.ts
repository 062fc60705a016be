/** Reads documents of the OpenAPI Overlay Specification 1.0 and 1.1. */
import { isDeepStrictEqual } from 'node:util';
import { jsonpath } from 'json-p3';
import { AttestdError } from '../support/foundation/errors.js';
import { isObject, type Json } from './document.js';
import { parseYaml } from './yaml.js';

/** The supported versions of the specification, without patch versions. */
export const overlayVersions = ['1.0', '1.1'] as const;

/** A version of the Overlay Specification. */
export type OverlayVersion = (typeof overlayVersions)[number];

/** One action of an overlay. It applies to each location that its target selects. */
export interface Action {
  readonly target: string;
  readonly description?: string;
  readonly update?: Json;
  /** A JSONPath to the one value that is copied to the places; from version 1.1 on. */
  readonly copy?: string;
  readonly remove?: boolean;
  /**
   * The extension `x-append`: paragraphs to append to text members of the selected objects. The specification can only
   * replace the whole text.
   */
  readonly append?: Readonly<Record<string, string>>;
}

/** An overlay document. */
export interface Overlay {
  /** File name or other name, for messages. */
  readonly name: string;
  readonly version: OverlayVersion;
  readonly title: string;
  /** URI reference of the document that it is for. */
  readonly extends?: string;
  readonly actions: readonly Action[];
}

type Members = Record<string, unknown>;

function refuse(where: string, message: string, cause?: unknown): never {
  throw new AttestdError('OVERLAY', `${where}: ${message}`, cause === undefined ? {} : { cause });
}

/** Refuses members that the specification does not have; those that begin with `x-` are extensions. */
function checkNames(members: Members, known: readonly string[], where: string): void {
  const other = Object.keys(members).find((name) => !known.includes(name) && !name.startsWith('x-'));
  if (other !== undefined) refuse(where, `'${other}' is none of ${known.join(', ')}, and no extension ('x-…')`);
}

function optional(members: Members, name: string, type: 'string' | 'boolean', where: string): unknown {
  const value = members[name];
  if (value !== undefined && typeof value !== type) refuse(where, `'${name}' is no ${type}`);
  return value;
}

function readPath(members: Members, name: string, where: string): string | undefined {
  const path = optional(members, name, 'string', where) as string | undefined;
  if (path === undefined) return undefined;
  try {
    jsonpath.compile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    refuse(where, `${name} ${path} is no JSONPath: ${reason}`, cause);
  }
  return path;
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

function readAction(value: unknown, version: OverlayVersion, where: string): Action {
  if (!isObject(value)) refuse(where, 'not a mapping');
  const known = ['target', 'description', 'update', ...(version === '1.0' ? [] : ['copy']), 'remove'];
  checkNames(value, known, where);
  const target = readPath(value, 'target', where);
  if (target === undefined) refuse(where, "'target' is missing");
  const description = optional(value, 'description', 'string', where) as string | undefined;
  const remove = optional(value, 'remove', 'boolean', where) as boolean | undefined;
  const copy = version === '1.0' ? undefined : readPath(value, 'copy', where);
  const update = value.update as Json | undefined;
  if (update !== undefined && copy !== undefined && remove !== true) {
    refuse(where, "'update' and 'copy' rule each other out");
  }
  const append = value['x-append'];
  return {
    target,
    ...(isTexts(append) && { append }),
    ...(description !== undefined && { description }),
    ...(update !== undefined && { update }),
    ...(copy !== undefined && { copy }),
    ...(remove === true && { remove }),
  };
}

function readVersion(value: unknown, name: string): OverlayVersion {
  const version = /^(\d+\.\d+)\.\d+$/.exec(typeof value === 'string' ? value : '')?.[1];
  const known = overlayVersions.find((other) => other === version);
  if (known === undefined) {
    refuse(
      name,
      `'overlay' is ${JSON.stringify(value)}; versions ${overlayVersions.join(' and ')} are known, as "1.0.0"`,
    );
  }
  return known;
}

/**
 * Reads an overlay document.
 *
 * @param text YAML or JSON of an OpenAPI Overlay 1.0 or 1.1 document
 * @param name its name in errors
 * @returns the overlay
 * @throws AttestdError INVALID_ARGUMENT for invalid YAML, OVERLAY if it is not an overlay of a supported version
 */
export function parseOverlay(text: string, name: string): Overlay {
  const value = parseYaml(text, name);
  if (!isObject(value)) refuse(name, 'not a mapping');
  const version = readVersion(value.overlay, name);
  checkNames(value, ['overlay', 'info', 'extends', 'actions'], name);
  const { info, actions } = value;
  if (!isObject(info) || typeof info.title !== 'string' || typeof info.version !== 'string') {
    refuse(name, "'info' needs a title and a version, both strings");
  }
  checkNames(info, ['title', 'version', ...(version === '1.0' ? [] : ['description'])], `${name}: info`);
  optional(info, 'description', 'string', `${name}: info`);
  const target = optional(value, 'extends', 'string', name) as string | undefined;
  if (!Array.isArray(actions) || actions.length === 0) refuse(name, "'actions' is no list of one or more actions");
  const twice = actions.findIndex((action, index) => actions.slice(0, index).some((a) => isDeepStrictEqual(a, action)));
  if (twice >= 0) refuse(`${name}: action ${twice + 1}`, 'there is an equal one before it');
  return {
    name,
    version,
    title: info.title,
    ...(target !== undefined && { extends: target }),
    actions: actions.map((action, index) => readAction(action, version, `${name}: action ${index + 1}`)),
  };
}
