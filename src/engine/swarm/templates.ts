import { maxExpandedLength } from '../limits.js';

/** Values of the placeholders in a task spec. */
export interface TemplateScope {
  readonly service: { readonly id: string; readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly node: { readonly id: string; readonly hostname: string; readonly os: string; readonly architecture: string };
  readonly task: { readonly id: string; readonly name: string; readonly slot: string };
}

const indexed = /^index\s+\.Service\.Labels\s+"([^"]*)"$/;

/**
 * Put in what the placeholders of a text stand for, as `{{.Service.Name}}` (docs/reference/behavior/services.md#services-of-a-swarm).
 *
 * @throws Error in the words of Go's templates for a placeholder that stands for nothing
 */
export function expand(text: string, scope: TemplateScope): string {
  let made = '';
  for (let from = 0; ; ) {
    const start = text.indexOf('{{', from);
    const end = start < 0 ? -1 : text.indexOf('}}', start + 2);
    made += text.slice(from, end < 0 ? undefined : start);
    if (end < 0) return made;
    const expression = text
      .slice(start + 2, end)
      .replace(/^-/, '')
      .replace(/-$/, '')
      .trim();
    made += standsFor(expression, scope, start);
    if (made.length > maxExpandedLength)
      throw new Error(`template: expansion:1: more than ${maxExpandedLength} characters`);
    from = end + 2;
  }
}

function standsFor(expression: string, scope: TemplateScope, at: number): string {
  const { labels } = scope.service;
  const named = (label: string): string | undefined => (Object.hasOwn(labels, label) ? labels[label] : undefined);
  const label = indexed.exec(expression)?.[1];
  if (label !== undefined) return named(label) ?? '';
  const value = values.get(expression)?.(scope);
  if (value !== undefined) return value;
  const member = /^\.Service\.Labels\.(\w+)$/.exec(expression)?.[1];
  if (member !== undefined) return named(member) ?? '<no value>';
  const field = /^\.(\w+)/.exec(expression)?.[1];
  if (field === undefined) throw new Error(`template: expansion:1: function "${expression.split(' ')[0]}" not defined`);
  const where = `template: expansion:1:${at + 2}: executing "expansion" at <${expression}>`;
  throw new Error(`${where}: can't evaluate field ${field} in type *template.Context`);
}

const values = new Map<string, (scope: TemplateScope) => string>(
  Object.entries<(scope: TemplateScope) => string>({
    '.Service.ID': ({ service }) => service.id,
    '.Service.Name': ({ service }) => service.name,
    '.Node.ID': ({ node }) => node.id,
    '.Node.Hostname': ({ node }) => node.hostname,
    '.Node.Platform.OS': ({ node }) => node.os,
    '.Node.Platform.Architecture': ({ node }) => node.architecture,
    '.Task.ID': ({ task }) => task.id,
    '.Task.Name': ({ task }) => task.name,
    '.Task.Slot': ({ task }) => task.slot,
  }),
);
