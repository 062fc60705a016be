/** The project's own rules for the description: everything described, in words that say something, with true examples. */
import { Ajv, type AnySchema } from 'ajv';
import formats from 'ajv-formats';
import { convertSchema, toOpenApi } from '../src/spec/convert.js';
import type { Description, Json, JsonObject, Operation, Schema } from '../src/spec/document.js';
import { listOperations } from '../src/spec/operations.js';
import { toPointer } from '../src/spec/pointer.js';
import { compareVersions } from '../src/spec/versions.js';

/** A rule that a place of the description breaks. */
export interface Finding {
  readonly rule: 'described' | 'own-words' | 'since' | 'example' | 'text' | 'status';
  /** JSON Pointer into the description. */
  readonly pointer: string;
  readonly message: string;
}

type Path = readonly (string | number)[];

const empty = new Set(
  'a an and are as at be by for from has have if in into is it its of on or that the their this to was which with'.split(
    ' ',
  ),
);

/** The words that carry meaning: camelCase split, lower case, singular, without articles and the like. */
function meaningful(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z]{2,})/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !empty.has(word))
    .map((word) => word.replace(/(?<=..)s$/, ''));
}

/**
 * Whether a description only repeats the name of what it describes.
 *
 * @param text the description
 * @param names the name, and the names of what encloses it
 * @returns true when it has no word of its own
 */
export function isParroted(text: string, names: readonly string[]): boolean {
  const known = new Set(names.flatMap(meaningful));
  return meaningful(text).every((word) => known.has(word));
}

class Linter {
  readonly findings: Finding[] = [];
  private readonly ajv = new Ajv({ strict: false, logger: false, allErrors: true });

  constructor(private readonly description: Description) {
    formats.default(this.ajv, ['date-time', 'uri']);
    this.ajv.addSchema({ ...(toOpenApi(description) as JsonObject), $id: 'api' } as AnySchema);
  }

  private report(rule: Finding['rule'], path: Path, message: string): void {
    this.findings.push({ rule, pointer: toPointer(path), message });
  }

  /** A text that must be there and say more than the names. */
  prose(text: unknown, path: Path, names: readonly string[], keyword = 'description'): void {
    if (typeof text !== 'string' || text.trim() === '') {
      this.report('described', path, `no ${keyword}`);
      return;
    }
    const place = [...path, keyword];
    if (keyword === 'description' && isParroted(text, names))
      this.report('own-words', place, `repeats the name: ${text}`);
    if (/[ \t]$|\t/m.test(text) || text !== text.trim()) this.report('text', place, 'white space at an end, or a tab');
    if (keyword === 'description' && !/[.:)`|>]$/.test(text))
      this.report('text', place, 'ends in the middle of a sentence');
    if (keyword === 'summary' && /\.$|\n/.test(text))
      this.report('text', place, 'a summary is one line without a full stop');
  }

  since(value: unknown, path: Path, enclosing: string | undefined): string | undefined {
    if (value === undefined) return enclosing;
    if (typeof value !== 'string' || !/^1\.\d+$/.test(value)) {
      this.report('since', path, `x-since is ${JSON.stringify(value)}, no API version`);
      return enclosing;
    }
    if (compareVersions(value, this.description.info.version) > 0) {
      this.report('since', path, `x-since ${value} is newer than the description`);
    }
    if (enclosing !== undefined && compareVersions(value, enclosing) < 0) {
      this.report('since', path, `x-since ${value} is older than ${enclosing}, which encloses it`);
    }
    return value;
  }

  private fits(value: Json, schema: Schema, path: Path): void {
    const target = JSON.parse(
      JSON.stringify(convertSchema(schema, '3.0')).replaceAll('"#/components/', '"api#/components/'),
    ) as AnySchema;
    const validate = this.ajv.compile(target);
    if (!validate(value)) this.report('example', path, this.ajv.errorsText(validate.errors, { dataVar: 'it' }));
  }

  schema(schema: Schema, path: Path, names: readonly string[], enclosing?: string): void {
    if (schema.example !== undefined) this.fits(schema.example, schema, [...path, 'example']);
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const place = [...path, 'properties', name];
      // A reference is described by what it refers to.
      if (property.$ref === undefined || property.description !== undefined) {
        this.prose(property.description, place, [...names, name]);
      }
      const since = this.since(property['x-since'], place, enclosing);
      this.schema(property, place, [...names, name], since);
    }
    if (schema.items) this.schema(schema.items, [...path, 'items'], names, enclosing);
    if (typeof schema.additionalProperties === 'object') {
      this.schema(schema.additionalProperties, [...path, 'additionalProperties'], names, enclosing);
    }
    for (const [i, branch] of (schema.allOf ?? []).entries()) {
      this.schema(branch, [...path, 'allOf', i], names, enclosing);
    }
  }

  operation(operation: Operation, path: Path): void {
    const { operationId, parameters = [], responses } = operation;
    this.prose(operation.summary, path, [operationId], 'summary');
    this.prose(operation.description, path, [operationId]);
    const since = this.since(operation['x-since'], path, undefined);
    for (const [i, parameter] of parameters.entries()) {
      const place = [...path, 'parameters', i];
      this.prose(parameter.description, place, [operationId, parameter.name]);
      this.since(parameter['x-since'], place, since);
      if (parameter.schema) this.schema(parameter.schema, [...place, 'schema'], [operationId], since);
    }
    for (const [status, response] of Object.entries(responses)) {
      const place = [...path, 'responses', status];
      this.prose(response.description, place, [operationId, status]);
      if (Number(status) >= 500 && /\b[45]\d\d\b/.test(response.description ?? '')) {
        this.report('status', place, 'tells of another status, which has no response of its own');
      }
      for (const [name, header] of Object.entries(response.headers ?? {})) {
        this.prose(header.description, [...place, 'headers', name], [name]);
      }
      if (!response.schema) continue;
      this.schema(response.schema, [...place, 'schema'], [operationId], since);
      const example = response.examples?.['application/json'];
      if (example !== undefined) this.fits(example, response.schema, [...place, 'examples', 'application/json']);
    }
  }

  run(): Finding[] {
    const { info, tags = [], definitions } = this.description;
    this.prose(info.description, ['info'], [info.title ?? '']);
    for (const [i, tag] of tags.entries()) this.prose(tag.description, ['tags', i], [tag.name]);
    for (const [name, definition] of Object.entries(definitions)) {
      this.prose(definition.description, ['definitions', name], [name]);
      this.schema(definition, ['definitions', name], [name]);
    }
    for (const { method, path, operation } of listOperations(this.description)) {
      this.operation(operation, ['paths', path, method]);
    }
    return this.findings;
  }
}

/**
 * Applies the project's rules.
 *
 * @param description a Swagger 2.0 description
 * @returns the findings, in the order of the document's parts
 */
export function lintDescription(description: Description): Finding[] {
  return new Linter(description).run();
}
