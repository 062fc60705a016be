/** The table of what the suite judges of each operation, and why nothing judges the rest (docs/reference/gaps.md). */
import type { OperationEntry, ParameterEntry } from '../../src/spec/table.js';
import { cellOf, type Judged } from './judged.js';

/** Why something is not judged: the first rule that names it holds. */
export interface Rule {
  /** A letter or two, by which the table names the rule. */
  readonly key: string;
  /** What kind of reason it is, in a few words. */
  readonly kind: string;
  readonly why: string;
  /** operationIds or tags; with `*` for any text. Absent: all. */
  readonly operations?: readonly string[];
  /** `query name`, `header name`, `path name` or `body name`, with `*` for any text; `-` for a status as such. Absent: all. */
  readonly parameters?: readonly string[];
  /** Absent: all. */
  readonly statuses?: readonly string[];
  /** Only parameters: where the operation's status is judged without the parameter, or the parameter with another success. */
  readonly beside?: 'status' | 'parameter';
}

/** An operation's status, or a parameter with a status. */
export interface Cell {
  readonly operation: OperationEntry;
  readonly parameter?: ParameterEntry;
  readonly status: string;
  /** Id of the requirement that judges it. */
  readonly by?: string;
  readonly rule?: Rule;
}

/** Whether a cell is one of a status that is no error. */
const isSuccess = (key: string): boolean => Number(key.slice(0, 3)) < 400;

const fits = (patterns: readonly string[] | undefined, ...texts: readonly string[]): boolean =>
  patterns === undefined ||
  patterns.some((pattern) => {
    const source = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return texts.some((text) => new RegExp(`^${source.join('.*')}$`).test(text));
  });

/**
 * Every status of every operation, and every parameter with every status.
 *
 * @param operations of the published description
 * @param judged what a run showed
 * @param rules the explanations, the first that fits first
 */
export function cellsOf(
  operations: readonly OperationEntry[],
  judged: Judged,
  rules: readonly Rule[],
): readonly Cell[] {
  return operations.flatMap((operation) =>
    [undefined, ...operation.parameters].flatMap((parameter) =>
      Object.keys(operation.responses).map((status): Cell => {
        const of = judged[operation.operationId];
        const cell = { operation, status, ...(parameter ? { parameter } : {}) };
        const by = of?.[cellOf(status, parameter)];
        if (by !== undefined) return { ...cell, by };
        const isBeside = (what: 'status' | 'parameter', { in: place, name }: ParameterEntry, seen: string): boolean =>
          Object.keys(of ?? {}).some((key) =>
            what === 'status' ? key === seen : isSuccess(key) && key.endsWith(` ${place} ${name}`),
          );
        const rule = rules.find(
          (each) =>
            fits(each.operations, operation.operationId, operation.tag) &&
            fits(each.parameters, parameter === undefined ? '-' : `${parameter.in} ${parameter.name}`) &&
            fits(each.statuses, status) &&
            (each.beside === undefined || (parameter !== undefined && isBeside(each.beside, parameter, status))),
        );
        return rule ? { ...cell, rule } : cell;
      }),
    ),
  );
}

/** A cell as a person names it. */
export const nameOf = ({ operation, parameter, status }: Cell): string =>
  [operation.operationId, ...(parameter ? [parameter.in, parameter.name] : []), status].join(' ');

const count = (cells: readonly Cell[], of: (cell: Cell) => boolean): number => cells.filter(of).length;

/** A row of an operation: a parameter, or the statuses as such. */
function row(cells: readonly Cell[]): string {
  const [{ operation, parameter } = {} as Cell] = cells;
  const prefix = `${operation.operationId}.`;
  const judged = cells.flatMap(({ status, by }) =>
    by === undefined ? [] : [`${status} ${by.startsWith(prefix) ? by.slice(prefix.length) : by}`],
  );
  const keys = new Map<string, string[]>();
  for (const { status, rule, by } of cells)
    if (by === undefined) keys.set(rule?.key ?? '?', [...(keys.get(rule?.key ?? '?') ?? []), status]);
  const not = [...keys].map(([key, statuses]) => `${statuses.join(' ')} ${key}`);
  const name = parameter === undefined ? `**${operation.operationId}**` : `${parameter.in} \`${parameter.name}\``;
  return `| ${name} | ${judged.join(', ')} | ${not.join(', ')} |`;
}

/**
 * The page.
 *
 * @param cells all of them
 * @param rules the explanations
 */
export function renderGaps(cells: readonly Cell[], rules: readonly Rule[]): string {
  const operations = [...new Set(cells.map(({ operation }) => operation))];
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const judgedOperations = new Set(cells.filter(({ by }) => by !== undefined).map(({ operation }) => operation));
  const parameters = cells.filter(({ parameter }) => parameter !== undefined);
  const keyOf = ({ operation, parameter }: Cell): string =>
    `${operation.operationId} ${parameter?.in} ${parameter?.name}`;
  const judgedParameters = new Set(parameters.filter(({ by }) => by !== undefined).map(keyOf));
  const statuses = cells.filter(({ parameter }) => parameter === undefined);
  const line = (what: string, all: number, judged: number): string =>
    `| ${what} | ${all} | ${judged} | ${all - judged} |`;
  return [
    '<!-- Generated by `make gen` from test/conformance/gaps. Do not edit. -->',
    '',
    '# What the suite judges of the description, and what it does not',
    '',
    'For each operation of the published description at API 1.55: the statuses that requirements see, and for each parameter the statuses',
    'that they see when they send it, each with one requirement (of several, one that points to the place, else a MUST).',
    'It is what a run of all requirements shows on the reference server (`npx tsx scripts/gaps.ts`); only requirements of the operation itself',
    'count, and only those that passed. What is left is explained by a rule; a test fails when there is neither.',
    '',
    '| | all | judged | explained |',
    '|---|---|---|---|',
    line('operations', operations.length, judgedOperations.size),
    line('parameters', new Set(parameters.map(keyOf)).size, judgedParameters.size),
    line(
      'statuses',
      statuses.length,
      count(statuses, ({ by }) => by !== undefined),
    ),
    line(
      'parameters with each status',
      parameters.length,
      count(parameters, ({ by }) => by !== undefined),
    ),
    '',
    '## Rules',
    '',
    '| rule | kind | why nothing judges it | cells |',
    '|---|---|---|---|',
    ...rules.map((rule) => {
      const of = count(cells, (cell) => cell.rule === rule);
      return `| ${rule.key} | ${rule.kind} | ${rule.why.trim().replaceAll(/\s+/g, ' ')} | ${of} |`;
    }),
    '',
    ...tags.flatMap((tag) => [
      `## ${tag}`,
      '',
      '| operation, parameter | judged: status and requirement | not judged: statuses and rule |',
      '|---|---|---|',
      ...operations
        .filter((operation) => operation.tag === tag)
        .flatMap((operation) => {
          const own = cells.filter((cell) => cell.operation === operation);
          return [undefined, ...operation.parameters].map((parameter) =>
            row(own.filter((cell) => cell.parameter === parameter)),
          );
        }),
      '',
    ]),
  ].join('\n');
}
