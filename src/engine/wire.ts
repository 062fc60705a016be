import type { operations } from '../generated/engine-api.js';
import {
  type Encoded,
  type JsonObject,
  type JsonValue,
  sortKeys,
  type VerbatimJson,
} from '../support/go/json/render.js';

/** An object that the description's type does not look into: sorted for an older version of the API, or read from a store. */
type Unchecked = ReadonlyMap<string, JsonValue> | Encoded | VerbatimJson;

type WireObject<T> = string extends keyof T
  ? { readonly [name: string]: Wire<T[keyof T]> | undefined }
  : { readonly [K in keyof T]: Wire<T[K]> };

/**
 * A type of the description as an answer is put together, to be written with `renderJson`: read-only, integers of any
 * size, bytes where the description has an object or an array, a Map where keys are sorted for an older API version.
 *
 * `{ … } satisfies Wire<ImageInspect>` lets the compiler hold an answer against the description: a member that it does
 * not have, one of another type, and one that is missing do not compile.
 */
export type Wire<T> = unknown extends T
  ? JsonValue
  : T extends number
    ? number | bigint
    : T extends string | boolean | null | undefined
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Wire<Item>[] | VerbatimJson
        : WireObject<T> | Unchecked;

/** Like `Wire`, for an object with known members, so that others can be added. */
export type WireMembers<T> = Exclude<Wire<T>, Unchecked>;

/** The JSON body that the description gives an answer with one of the statuses of success. */
type JsonBody<Responses> = {
  [Status in keyof Responses]: Status extends 200 | 201 | 202
    ? Responses[Status] extends { content: { 'application/json': infer Body } }
      ? Body
      : never
    : never;
}[keyof Responses];

/** An operation of the description. */
export type OperationId = keyof operations;

/** The successful response of an operation, by the description. */
export type AnswerOf<Id extends OperationId> = Wire<JsonBody<operations[Id]['responses']>>;

/** A member of an answer's body whose type has no name in the description. */
export type PartOf<Id extends OperationId, Member extends keyof JsonBody<operations[Id]['responses']>> = Wire<
  JsonBody<operations[Id]['responses']>[Member]
>;

/** An answer, or members of one, that older versions of the API have and the description no longer has. */
export function undescribed(answer: JsonObject): ReadonlyMap<string, JsonValue> {
  const present = Object.entries(answer).filter((member): member is [string, JsonValue] => member[1] !== undefined);
  return new Map(present);
}

/** An answer that was widened for an older version of the API: all keys sorted, as dockerd then does. */
export function olderForm(answer: JsonObject): ReadonlyMap<string, JsonValue> {
  return sortKeys(answer) as ReadonlyMap<string, JsonValue>;
}
