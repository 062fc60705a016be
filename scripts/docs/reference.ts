/** The reference: every operation by tag, then every definition. */

import { responseTypes } from '../../src/spec/convert.js';
import type { Description, Parameter, Schema } from '../../src/spec/document.js';
import { responseExample } from '../../src/spec/example.js';
import { type LocatedOperation, listOperations } from '../../src/spec/operations.js';
import { type Html, html, joinHtml } from '../../src/support/foundation/html.js';
import { badge, code, markdown } from './html.js';
import type { Marks } from './marks.js';
import { requirementLinks } from './requirements.js';
import { samples } from './samples.js';
import { facts, memberTable, typeText } from './schema.js';

function parameterRow(parameter: Parameter, path: readonly (string | number)[], marks: Marks, title: string): Html {
  const required = parameter.required ? ', required' : '';
  const repeated = parameter.collectionFormat === 'multi' ? ', may be repeated' : '';
  const type = typeText((parameter.schema ?? parameter) as unknown as Schema);
  const at = parameter.in === 'body' ? 'body' : `${parameter.in} ${parameter.name}`;
  return html`<tr><th scope="row"><code>${parameter.name}</code></th><td><p class="type">${parameter.in}, ${type}${required}${repeated}${badge(
    marks.at(path),
  )}</p>${markdown(parameter.description)}${facts(parameter as unknown as Schema)}${requirementLinks({ operation: title, at })}${
    parameter.schema ? memberTable(parameter.schema, [...path, 'schema'], marks, 'Members of the body') : ''
  }</td></tr>`;
}

function responses({ method, path, operation }: LocatedOperation, description: Description, marks: Marks): Html {
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const place = ['paths', path, method, 'responses', status];
    const types = responseTypes(status, response, operation, description);
    const body = response.schema
      ? html`${typeText(response.schema)}${types.length > 0 ? `, ${types.join(', ')}` : ''}`
      : 'no body';
    const example = types.includes('application/json') ? responseExample(response, description) : undefined;
    const shown =
      example === undefined || Number(status) >= 400
        ? ''
        : html`<details><summary>Example</summary>${code(JSON.stringify(example, null, 2), `Example of ${operation.operationId} ${status}`)}</details>`;
    const members = response.schema
      ? memberTable(response.schema, [...place, 'schema'], marks, `Members of ${status}`)
      : '';
    return html`<tr><th scope="row">${status}</th><td><p class="type">${body}${badge(marks.at(place))}</p>${markdown(
      response.description,
    )}${members}${shown}</td></tr>`;
  });
  return html`<table aria-label="Responses of ${operation.operationId}"><thead><tr><th scope="col">Status</th><th scope="col">Answer</th></tr></thead>
<tbody>${joinHtml(rows, '\n')}</tbody></table>`;
}

/**
 * One operation.
 *
 * @param located the operation
 * @param description what it is from
 * @param marks what is patched
 * @returns HTML
 */
export function operationSection(located: LocatedOperation, description: Description, marks: Marks): Html {
  const { method, path, operation } = located;
  const id = operation.operationId;
  const title = `${method.toUpperCase()} ${path}`;
  const parameters = (operation.parameters ?? []).map((parameter, i) =>
    parameterRow(parameter, ['paths', path, method, 'parameters', i], marks, title),
  );
  const since = operation['x-since'] === undefined ? '' : html`<p class="meta">since ${operation['x-since']}</p>`;
  const table =
    parameters.length === 0
      ? ''
      : html`<h4>Parameters</h4><table aria-label="Parameters of ${id}"><thead><tr><th scope="col">Name</th><th scope="col">What it is</th></tr></thead>
<tbody>${joinHtml(parameters, '\n')}</tbody></table>`;
  return html`<section id="operation-${id}">
<h3>${operation.summary ?? id}${badge(marks.at(['paths', path, method]))}</h3>
<p><span class="method">${method.toUpperCase()}</span> <code>${path}</code> · ${id}</p>
${since}${markdown(operation.description, 4)}
${requirementLinks({ operation: title, at: '' })}
${samples(located, description)}
${table}
<h4>Responses</h4>
${responses(located, description, marks)}
</section>`;
}

function definitionSection(name: string, schema: Schema, marks: Marks): Html {
  const type = schema.properties ? '' : html`<p class="type">${typeText({ ...schema })}</p>`;
  return html`<section id="definition-${name}">
<h3>${name}${badge(marks.at(['definitions', name]))}</h3>
${type}${markdown(schema.description, 4)}${facts(schema)}${requirementLinks({ definition: name, at: '' })}
${memberTable(schema, ['definitions', name], marks, `Members of ${name}`)}
</section>`;
}

/**
 * The reference: its contents for the navigation, and the page.
 *
 * @param description the description
 * @param marks what is patched
 */
export function reference(description: Description, marks: Marks): { side: Html; main: Html; title: string } {
  const operations = listOperations(description);
  const tags = (description.tags ?? []).map((tag, i) => ({
    ...tag,
    mark: badge(marks.at(['tags', i])),
    own: operations.filter(({ operation }) => operation.tags?.includes(tag.name)),
  }));
  const definitions = Object.entries(description.definitions);
  const side = joinHtml(
    [
      ...tags.map(
        ({ name, own }) =>
          html`<details${name === 'Image' && html` open`}><summary>${name}</summary><ul>${own.map(
            ({ operation }) =>
              html`<li><a href="#operation-${operation.operationId}">${operation.summary ?? ''}</a></li>`,
          )}</ul></details>`,
      ),
      html`<details><summary>Definitions</summary><ul>${definitions.map(
        ([name]) => html`<li><a href="#definition-${name}">${name}</a></li>`,
      )}</ul></details>`,
    ],
    '\n',
  );
  const { title = '', version, description: text } = description.info;
  const main = joinHtml(
    [
      html`<h1>${title} ${version}</h1>`,
      html`<p>Places that this project patches are marked: ${joinHtml(
        (['standard', 'experimental', 'corrections'] as const).map((channel) => badge(channel)),
        ', ',
      )}.</p>`,
      markdown(text),
      ...tags.map(
        ({ name, description: about, mark, own }) =>
          html`<h2 id="tag-${name}">${name}${mark}</h2>${markdown(about)}\n${joinHtml(
            own.map((o) => operationSection(o, description, marks)),
            '\n',
          )}`,
      ),
      html`<h2 id="definitions">Definitions</h2>`,
      ...definitions.map(([name, schema]) => definitionSection(name, schema, marks)),
    ],
    '\n',
  );
  return { side, main, title: `${title} ${version}` };
}
