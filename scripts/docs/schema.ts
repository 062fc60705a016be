/** Schemas in the documentation: their types in words, and their members as a table. */
import type { Schema } from '../../src/spec/document.js';
import { badge, escaped, markdown } from './html.js';
import type { Marks } from './marks.js';

type Path = readonly (string | number)[];

/**
 * Tells a type.
 *
 * @param schema a schema or a parameter
 * @returns HTML, such as `array of OCIDescriptor`, references linked
 */
export function typeText(schema: Schema): string {
  const or = schema['x-nullable'] ? ' or null' : '';
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '');
    return `<a href="#definition-${escaped(name)}">${escaped(name)}</a>${or}`;
  }
  if (schema.allOf) return `${schema.allOf.map(typeText).join(' and ')}${or}`;
  if (schema.type === 'array') return `array of ${schema.items ? typeText(schema.items) : 'anything'}${or}`;
  const map = schema.additionalProperties;
  if (map !== undefined && typeof map === 'object') return `map of ${typeText(map)}${or}`;
  if (schema.type === undefined) return 'any JSON';
  return `${schema.type}${schema.format === undefined ? '' : ` (${escaped(schema.format)})`}${or}`;
}

/** What else a reader must know of a member: its values, default, version. */
export function facts(schema: Schema): string {
  const parts: string[] = [];
  if (schema['x-deprecated']) parts.push('deprecated');
  if (schema.enum)
    parts.push(`one of ${schema.enum.map((v) => `<code>${escaped(JSON.stringify(v))}</code>`).join(', ')}`);
  if (schema.default !== undefined) parts.push(`default <code>${escaped(JSON.stringify(schema.default))}</code>`);
  if (typeof schema.minimum === 'number') parts.push(`at least ${schema.minimum}`);
  if (schema['x-since'] !== undefined) parts.push(`since ${escaped(schema['x-since'])}`);
  if (schema.example !== undefined && typeof schema.example !== 'object') {
    parts.push(`for example <code>${escaped(JSON.stringify(schema.example))}</code>`);
  }
  return parts.length > 0 ? `<p class="meta">${parts.join(' · ')}</p>` : '';
}

function rows(schema: Schema, path: Path, prefix: string, marks: Marks): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const place = [...path, 'properties', name];
    const full = prefix + name;
    const required = schema.required?.includes(name) ? ', required' : '';
    const cells = `<td><p class="type">${typeText(property)}${required}${badge(marks.at(place))}</p>${markdown(
      property.description,
    )}${facts(property)}</td>`;
    return [
      `<tr><th scope="row"><code>${escaped(full)}</code></th>${cells}</tr>`,
      ...rows(property, place, `${full}.`, marks),
    ];
  });
  const items = schema.items
    ? rows(schema.items, [...path, 'items'], prefix.replace(/\.$/, '[].') || '[].', marks)
    : [];
  const map = schema.additionalProperties;
  const values =
    map !== undefined && typeof map === 'object'
      ? rows(map, [...path, 'additionalProperties'], `${prefix.replace(/\.$/, '')}{}.`, marks)
      : [];
  const branches = (schema.allOf ?? []).flatMap((branch, i) => rows(branch, [...path, 'allOf', i], prefix, marks));
  return [...branches, ...own, ...items, ...values];
}

/**
 * The members of a schema, inline objects included, as a table.
 *
 * @param schema the schema
 * @param path where it stands in the description
 * @param marks what is patched
 * @param caption what the table shows, for screen readers
 * @returns HTML; empty when the schema has no members
 */
export function memberTable(schema: Schema, path: Path, marks: Marks, caption: string): string {
  const all = rows(schema, path, '', marks);
  if (all.length === 0) return '';
  return `<table aria-label="${escaped(caption)}"><thead><tr><th scope="col">Member</th><th scope="col">What it is</th></tr></thead>
<tbody>${all.join('\n')}</tbody></table>`;
}
