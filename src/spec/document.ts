/** The parts of a Swagger 2.0 description that this project reads. */

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: Json;
}

/** The HTTP methods of a path item, in output order. */
export const httpMethods = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;

/** A lower-case HTTP method. */
export type HttpMethod = (typeof httpMethods)[number];

/** A schema, in the dialect of Swagger 2.0 (a subset of JSON Schema) with this API's extensions. */
export interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string;
  format?: string;
  enum?: Json[];
  default?: Json;
  example?: Json;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  allOf?: Schema[];
  'x-nullable'?: boolean;
  'x-omitempty'?: boolean;
  'x-since'?: string;
  'x-deprecated'?: boolean;
  [keyword: string]: unknown;
}

/** A parameter of an operation: one in the body has a schema, all others have a type of their own. */
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'body' | 'formData';
  description?: string;
  required?: boolean;
  type?: string;
  format?: string;
  enum?: Json[];
  default?: Json;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  collectionFormat?: string;
  schema?: Schema;
  'x-since'?: string;
  'x-deprecated'?: boolean;
}

/** A response header. */
export interface Header extends Schema {}

/** A response of an operation. */
export interface Response {
  description?: string;
  schema?: Schema;
  headers?: Record<string, Header>;
  examples?: Record<string, Json>;
  [keyword: string]: unknown;
}

/** One operation: a method of a path. */
export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  consumes?: string[];
  produces?: string[];
  parameters?: Parameter[];
  responses: Record<string, Response>;
  deprecated?: boolean;
  'x-since'?: string;
  'x-deprecated'?: boolean;
  [keyword: string]: unknown;
}

/** The operations of one path. */
export type PathItem = Partial<Record<HttpMethod, Operation>>;

/** A Swagger 2.0 description. */
export interface Description {
  swagger: string;
  basePath?: string;
  schemes?: string[];
  consumes?: string[];
  produces?: string[];
  info: { title?: string; version: string; description?: string; [keyword: string]: unknown };
  tags?: { name: string; description?: string }[];
  security?: JsonObject[];
  paths: Record<string, PathItem>;
  definitions: Record<string, Schema>;
  [keyword: string]: unknown;
}

/**
 * Whether a value is an object but not an array.
 *
 * @param value any value
 * @returns true for objects other than arrays and null
 */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
