/** Writes comparisons as GitHub annotations: workflow commands that attach a row to a line. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair } from 'yaml';
import type { Change, Comparison } from './diff.js';
import type { ReportOptions } from './diff-report.js';
import { type Row, rowsOf } from './diff-rows.js';
import { parseYamlText } from './yaml.js';

/** A member of a mapping, with the place of its key. */
interface Found {
  readonly value: unknown;
  readonly offset: number;
}

/** Finds the lines of locations in the text of a description. */
export class Lines {
  private readonly root: unknown;
  private readonly counter = new LineCounter();
  private readonly aliases: (node: unknown) => unknown;

  /**
   * @param text a description, Swagger 2.0 or OpenAPI 3, YAML or JSON
   * @param name its name in errors
   * @throws AttestdError INVALID_ARGUMENT for invalid YAML
   */
  constructor(text: string, name: string) {
    const { doc, text: read } = parseYamlText(text, name);
    this.root = doc.contents;
    this.aliases = (node) => (isAlias(node) ? node.resolve(doc) : node);
    for (let at = -1; ; ) {
      this.counter.addNewLine(at + 1);
      at = read.indexOf('\n', at + 1);
      if (at < 0) break;
    }
  }

  private member(node: unknown, key: string): Found | undefined {
    const map = this.aliases(node);
    if (!isMap(map)) return undefined;
    const pair = (map.items as Pair[]).find(({ key: each }) => isScalar(each) && String(each.value) === key);
    const offset = (pair?.key as Node | undefined)?.range?.[0];
    return pair && offset !== undefined ? { value: pair.value, offset } : undefined;
  }

  private path(node: unknown, keys: readonly string[]): Found | undefined {
    let found: Found | undefined = { value: node, offset: 0 };
    for (const key of keys) found = found && this.member(found.value, key);
    return found;
  }

  /** Finds a parameter by name and place. */
  private parameter(operation: unknown, place: string, name: string): Found | undefined {
    const list = this.aliases(this.member(operation, 'parameters')?.value);
    if (!isSeq(list)) return undefined;
    const says = (item: unknown, key: string): unknown => {
      const value = this.member(item, key)?.value;
      return isScalar(value) ? value.value : undefined;
    };
    const item = list.items.find(
      (each) => says(each, 'in') === place && (place === 'body' || says(each, 'name') === name),
    );
    const offset = (item as Node | undefined)?.range?.[0];
    return offset === undefined ? undefined : { value: item, offset };
  }

  /** Returns the schema of a body, in Swagger 2.0 or OpenAPI 3 form. */
  private schemaOf(holder: Found): Found | undefined {
    const direct = this.member(holder.value, 'schema');
    if (direct) return direct;
    const content = this.aliases(this.member(holder.value, 'content')?.value);
    const [first] = isMap(content) ? (content.items as Pair[]) : [];
    return first && (this.member(first.value, 'schema') ?? this.member(first.value, 'itemSchema'));
  }

  /** Follows a path of members to the deepest one that the text of the schema contains. */
  private within(start: Found, at: string): Found {
    let found = start;
    for (const step of at.match(/\[\]|[^.[\]]+/g) ?? []) {
      const ways = step === '[]' ? [['items']] : step === '*' ? [['additionalProperties']] : [['properties', step]];
      const branches = this.aliases(this.member(found.value, 'allOf')?.value);
      const holders = [found.value, ...(isSeq(branches) ? branches.items : [])];
      const next = holders.flatMap((holder) => ways.map((way) => this.path(holder, way))).find((each) => each);
      if (!next) break;
      found = next;
    }
    return found;
  }

  private inOperation(operation: Found, at: string): Found {
    const [part = '', name = '', ...rest] = at.split(' ');
    if (part === '') return operation;
    if (['query', 'path', 'header', 'cookie'].includes(part)) {
      return this.parameter(operation.value, part, name) ?? this.member(operation.value, 'parameters') ?? operation;
    }
    const holder =
      part === 'body'
        ? (this.parameter(operation.value, 'body', '') ?? this.member(operation.value, 'requestBody'))
        : this.path(operation.value, ['responses', part]);
    if (!holder) return this.member(operation.value, part === 'body' ? 'parameters' : 'responses') ?? operation;
    if (name === 'header') return this.path(holder.value, ['headers', rest.join(' ')]) ?? holder;
    const schema = name === '' ? undefined : this.schemaOf(holder);
    return schema ? this.within(schema, name) : holder;
  }

  /**
   * Returns the line of a change: the line of the changed node, or of the former parent of a removed node.
   *
   * @param change the change
   * @returns a line number from 1
   */
  of({ operation, definition, at }: Pick<Change, 'operation' | 'definition' | 'at'>): number {
    const [method = '', path = ''] = (operation ?? '').split(' ');
    const start = operation
      ? (this.path(this.root, ['paths', path, method.toLowerCase()]) ?? this.path(this.root, ['paths']))
      : definition !== undefined
        ? (this.path(this.root, ['definitions', definition]) ??
          this.path(this.root, ['components', 'schemas', definition]) ??
          this.path(this.root, ['definitions']))
        : this.path(this.root, [at.split(' ')[0] as string]);
    if (!start) return 1;
    const found = operation ? this.inOperation(start, at) : definition !== undefined ? this.within(start, at) : start;
    return this.counter.linePos(found.offset).line;
  }
}

const escapeText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

/**
 * Writes a comparison as annotations, one for each row.
 *
 * @param comparison the comparison, without accepted changes
 * @param options further input of the report
 * @param target the path of the new description in the repository, and its text. Undefined for a built-in description
 * @returns workflow commands, each with a line feed
 */
export function annotations(
  comparison: Comparison,
  options: ReportOptions,
  target: { readonly file: string; readonly text: string } | undefined,
): string {
  const lines = target && new Lines(target.text, target.file);
  return rowsOf(comparison, options.judge)
    .rows.map((row: Row) => {
      const [first] = row.changes as [Change];
      const where = target && lines ? `file=${escapeProperty(target.file)},line=${lines.of(first)},` : '';
      const text = `${row.places.join(', ')}: ${row.message}`;
      return `::${commands[row.severity]} ${where}title=${escapeProperty(row.rule)}::${escapeText(text)}\n`;
    })
    .join('');
}
