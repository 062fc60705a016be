/** Prototypes of an API that does not exist yet (docs/guides/prototype-an-endpoint.md). */
import type { Release } from '../../engine/release.js';
import { compareVersions } from '../../engine/versions.js';
import type { JsonObject } from '../../spec/document.js';
import type { OperationEntry } from '../../spec/table.js';
import type { JsonValue } from '../../support/go/json/render.js';
import { notImplemented } from '../not-implemented.js';
import type { OperationHandler, OperationHandlers, OperationResult } from '../operation.js';
import { filled } from './additions.js';
import { type Checked, Described, mark } from './described.js';
import { type AnswerAddition, differenceOf, noDifference } from './difference.js';
import { type OverlaySource, readDocuments } from './documents.js';
import { lookupIn, referring } from './examples.js';
import { answerBy, checkHandlers, loadHandlers } from './handlers.js';
import type { PrototypeHandlers } from './types.js';

/** What makes a prototype of the reference server. */
export interface PrototypeOptions {
  /** Applied in their order, after the packaged description's own; a whole description among them takes its place. */
  readonly overlays?: readonly OverlaySource[];
  /** By operationId, or the file of an ES module that exports them by that name. */
  readonly handlers?: string | PrototypeHandlers;
}

/** A server's operations with those that further documents add. */
export interface Prototype {
  readonly operations: readonly OperationEntry[];
  readonly handler: (operation: OperationEntry) => OperationHandler;
  /** What is answered from the description, in words. */
  readonly described: readonly string[];
  /** The operations that handlers take over. */
  readonly taken: readonly string[];
  /** The release with the newest API version that the description speaks of. */
  readonly release: Release;
}

function releaseOf(document: JsonObject, release: Release): Release {
  const version = String((document.info as JsonObject | undefined)?.version ?? '');
  const isNewer = /^\d+\.\d+$/.test(version) && compareVersions(version, release.api) > 0;
  return isNewer ? { ...release, api: version } : release;
}

/** An answer with the members that it gets from the description. */
function complete(
  result: OperationResult,
  answers: ReadonlyMap<number, AnswerAddition> | undefined,
  document: JsonObject,
  { parameters, body }: Checked,
): OperationResult {
  if (result.kind !== 'json') return result;
  const found = answers?.get(result.status ?? 200);
  if (found === undefined) return result;
  const lookup = lookupIn(parameters, body);
  const value = filled(result.value, found.addition, found.example, document, (example) => referring(example, lookup));
  return { ...result, value: value as JsonValue, headers: { ...result.headers, ...mark } };
}

/**
 * Make a prototype.
 *
 * @param own the server's handlers; one of an operation that an overlay adds answers it
 * @throws AttestdError NOT_FOUND or INVALID_ARGUMENT for documents that do not fit, USAGE for a module that cannot be loaded,
 *   INVALID_ARGUMENT for a handler of no operation
 */
export async function createPrototype(
  { overlays = [], handlers: given = {} }: PrototypeOptions,
  own: OperationHandlers,
  release: Release,
): Promise<Prototype> {
  const difference = overlays.length > 0 ? differenceOf(readDocuments(overlays)) : noDifference;
  const { operations, added, changed, document, names } = difference;
  const described = await Described.of(document);
  const handlers = typeof given === 'string' ? await loadHandlers(given) : given;
  checkHandlers(handlers, new Set(operations.map(({ operationId }) => operationId)));
  const isOwn = (operationId: string): boolean => Object.hasOwn(own, operationId);
  const handlerOf = (entry: OperationEntry): OperationHandler => {
    const { operationId } = entry;
    const isAdded = added.has(operationId);
    const taking = Object.hasOwn(handlers, operationId) ? handlers[operationId] : undefined;
    const usual = isOwn(operationId) ? (own[operationId] as OperationHandler) : notImplemented(entry);
    const answers = changed.get(operationId);
    if (!isAdded && answers === undefined && taking === undefined) return usual;
    return async (request, context) => {
      const checked =
        isAdded || answers !== undefined
          ? await described.check(request, entry, isAdded)
          : { request, parameters: request.params, body: undefined };
      const answer = async (onward = checked.request): Promise<OperationResult> =>
        isAdded && !isOwn(operationId)
          ? described.example(entry, checked)
          : complete(await usual(onward, context), answers, document, checked);
      return taking === undefined ? answer() : answerBy(taking, checked.request, answer);
    };
  };
  const taken = Object.keys(handlers);
  const answered = [...taken, ...[...added].filter(isOwn)];
  const byId = new Map(operations.map((entry) => [entry.operationId, handlerOf(entry)]));
  return {
    operations,
    handler: (entry) => byId.get(entry.operationId) ?? handlerOf(entry),
    described: names.filter((name) => !answered.some((id) => name.endsWith(`(${id})`))),
    taken,
    release: releaseOf(document, release),
  };
}
