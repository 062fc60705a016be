/** Schemas in the documentation: their types in words, and their members as a table. */

import type { Schema } from '../../src/spec/document.js';
import { type Html, type HtmlValue, html, joinHtml } from '../../src/support/foundation/html.js';
import { badge, markdown } from './html.js';
import type { Marks } from './marks.js';

type Path = readonly (string | number)[];

/**
 * Tells a type.
 *
 * @param schema a schema or a parameter
 * @returns HTML, such as `array of OCIDescriptor`, references linked
 */
export function typeText(schema: Schema): Html {
  const or = schema['x-nullable'] ? ' or null' : '';
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '');
    return html`<a href="reference.html#definition-${name}">${name}</a>${or}`;
  }
  if (schema.allOf) return html`${joinHtml(schema.allOf.map(typeText), ' and ')}${or}`;
  if (schema.type === 'array') return html`array of ${schema.items ? typeText(schema.items) : 'anything'}${or}`;
  const map = schema.additionalProperties;
  if (map !== undefined && typeof map === 'object') return html`map of ${typeText(map)}${or}`;
  if (schema.type === undefined) return html`any JSON`;
  return html`${schema.type}${schema.format === undefined ? '' : ` (${schema.format})`}${or}`;
}

/** What else a reader must know of a member: its values, default, version. */
export function facts(schema: Schema): HtmlValue {
  const parts: HtmlValue[] = [];
  if (schema['x-deprecated']) parts.push('deprecated');
  if (schema.enum)
    parts.push(
      html`one of ${joinHtml(
        schema.enum.map((v) => html`<code>${JSON.stringify(v)}</code>`),
        ', ',
      )}`,
    );
  if (schema.default !== undefined) parts.push(html`default <code>${JSON.stringify(schema.default)}</code>`);
  if (typeof schema.minimum === 'number') parts.push(`at least ${schema.minimum}`);
  if (schema['x-since'] !== undefined) parts.push(`since ${schema['x-since']}`);
  if (schema.example !== undefined && typeof schema.example !== 'object') {
    parts.push(html`for example <code>${JSON.stringify(schema.example)}</code>`);
  }
  return parts.length > 0 && html`<p class="meta">${joinHtml(parts, ' · ')}</p>`;
}

function rows(schema: Schema, path: Path, prefix: string, marks: Marks): Html[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const place = [...path, 'properties', name];
    const full = prefix + name;
    const required = schema.required?.includes(name) ? ', required' : '';
    const cells = html`<td><p class="type">${typeText(property)}${required}${badge(marks.at(place))}</p>${markdown(
      property.description,
    )}${facts(property)}</td>`;
    return [
      html`<tr><th scope="row"><code>${full}</code></th>${cells}</tr>`,
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
export function memberTable(schema: Schema, path: Path, marks: Marks, caption: string): HtmlValue {
  const all = rows(schema, path, '', marks);
  if (all.length === 0) return false;
  return html`<table aria-label="${caption}"><thead><tr><th scope="col">Member</th><th scope="col">What it is</th></tr></thead>
<tbody>${joinHtml(all, '\n')}</tbody></table>`;
}
