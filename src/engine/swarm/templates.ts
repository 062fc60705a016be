/** What placeholders in a task's specification stand for. */
export interface TemplateScope {
  readonly service: { readonly id: string; readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly node: { readonly id: string; readonly hostname: string; readonly os: string; readonly architecture: string };
  readonly task: { readonly id: string; readonly name: string; readonly slot: string };
}

const placeholder = /\{\{-?\s*(.*?)\s*-?\}\}/g;
const indexed = /^index\s+\.Service\.Labels\s+"([^"]*)"$/;

/**
 * Put in what the placeholders of a text stand for, as `{{.Service.Name}}` (docs/behaviour.md#services-of-a-swarm).
 *
 * @throws Error in the words of Go's templates for a placeholder that stands for nothing
 */
export function expand(text: string, scope: TemplateScope): string {
  return text.replace(placeholder, (_whole, expression: string, at: number) => {
    const label = indexed.exec(expression)?.[1];
    if (label !== undefined) return scope.service.labels[label] ?? '';
    const value = values[expression]?.(scope);
    if (value !== undefined) return value;
    const labels = /^\.Service\.Labels\.(\w+)$/.exec(expression)?.[1];
    if (labels !== undefined) return scope.service.labels[labels] ?? '<no value>';
    const field = /^\.(\w+)/.exec(expression)?.[1];
    if (field === undefined)
      throw new Error(`template: expansion:1: function "${expression.split(' ')[0]}" not defined`);
    const where = `template: expansion:1:${at + 2}: executing "expansion" at <${expression}>`;
    throw new Error(`${where}: can't evaluate field ${field} in type *template.Context`);
  });
}

const values: Readonly<Record<string, (scope: TemplateScope) => string>> = {
  '.Service.ID': ({ service }) => service.id,
  '.Service.Name': ({ service }) => service.name,
  '.Node.ID': ({ node }) => node.id,
  '.Node.Hostname': ({ node }) => node.hostname,
  '.Node.Platform.OS': ({ node }) => node.os,
  '.Node.Platform.Architecture': ({ node }) => node.architecture,
  '.Task.ID': ({ task }) => task.id,
  '.Task.Name': ({ task }) => task.name,
  '.Task.Slot': ({ task }) => task.slot,
};
