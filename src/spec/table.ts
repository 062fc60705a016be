/** Builds a compact table of operations, for programs that route and gate requests. */
import { responseTypes } from './convert.js';
import type { Description, Parameter, Schema } from './document.js';
import { listOperations } from './operations.js';

/** The parts of a parameter that routing and gating need. */
export interface ParameterEntry {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly type: 'string' | 'integer' | 'boolean' | 'array' | 'object' | 'number';
  /** First API version that has the parameter; absent: 1.25 or earlier. */
  readonly since?: string;
  readonly required?: true;
  /** The parameter may be repeated (`collectionFormat: multi`). */
  readonly multi?: true;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly default?: string | number | boolean;
}

/** A response in the table. */
export interface ResponseEntry {
  /** Media types of the body; empty without a body. */
  readonly types: readonly string[];
  /** Name of the definition that describes the body, if it is one. */
  readonly schema?: string;
}

/** One operation. */
export interface OperationEntry {
  readonly operationId: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path template, such as `/images/{name}/json`. */
  readonly path: string;
  readonly tag: string;
  /** First API version that has the operation; absent: 1.25 or earlier. */
  readonly since?: string;
  readonly parameters: readonly ParameterEntry[];
  /** By status. */
  readonly responses: Readonly<Record<string, ResponseEntry>>;
}

function parameterEntry(parameter: Parameter): ParameterEntry {
  return {
    name: parameter.name,
    in: parameter.in as ParameterEntry['in'],
    type: (parameter.type ?? parameter.schema?.type ?? 'object') as ParameterEntry['type'],
    ...(parameter['x-since'] !== undefined && { since: parameter['x-since'] }),
    ...(parameter.required && { required: true as const }),
    ...(parameter.collectionFormat === 'multi' && { multi: true as const }),
    ...(parameter.enum && { enum: parameter.enum as (string | number)[] }),
    ...(typeof parameter.minimum === 'number' && { minimum: parameter.minimum }),
    ...(parameter.default !== undefined && { default: parameter.default as string | number | boolean }),
  };
}

/**
 * Builds the table of operations.
 *
 * @param description a Swagger 2.0 description
 * @returns its operations, in the order of the document
 */
export function operationTable(description: Description): OperationEntry[] {
  return listOperations(description).map(({ method, path, operation }) => ({
    operationId: operation.operationId,
    method: method.toUpperCase() as OperationEntry['method'],
    path,
    tag: operation.tags?.[0] ?? '',
    ...(operation['x-since'] !== undefined && { since: operation['x-since'] }),
    parameters: (operation.parameters ?? []).map(parameterEntry),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, response]) => {
        const ref = response.schema?.$ref?.replace('#/definitions/', '');
        return [
          status,
          { types: responseTypes(status, response, operation, description), ...(ref !== undefined && { schema: ref }) },
        ];
      }),
    ),
  }));
}

/**
 * Returns the first API version of each member of the definitions.
 *
 * @param description a Swagger 2.0 description
 * @returns API versions by definition and path, such as `ContainerSummary.HostConfig.Annotations`. Members without
 *   `x-since` are absent
 */
export function memberTable(description: Description): Record<string, string> {
  const table: Record<string, string> = {};
  const visit = (path: string, { properties = {}, allOf = [] }: Schema): void => {
    for (const part of allOf) visit(path, part);
    for (const [name, schema] of Object.entries(properties)) {
      const member = `${path}.${name}`;
      if (schema['x-since'] !== undefined) table[member] = schema['x-since'];
      visit(member, schema);
    }
  };
  for (const [name, schema] of Object.entries(description.definitions)) visit(name, schema);
  return table;
}
