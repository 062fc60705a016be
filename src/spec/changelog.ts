/** Writes the version history entry for the difference between two descriptions. */
import type { Change, Comparison } from './diff.js';
import type { Model, ModelOperation } from './diff-model.js';
import { isDocumentation } from './diff-report.js';
import { routesTo } from './diff-routes.js';
import { placeOf } from './diff-rows.js';
import type { Direction, RuleId } from './diff-rules.js';

/** The most changed descriptions that an entry lists. A larger number is only counted. */
const mostWords = 12;

function sentences(text: string | undefined): string[] {
  const flat = (text ?? '').replaceAll(/\s+/g, ' ').trim();
  return flat === '' ? [] : (flat.match(/.+?(?:[.!?](?=\s)|$)/g) ?? []).map((sentence) => sentence.trim());
}

const experimental = /^Experimental: /;

/** Returns the first sentence of a description, and the sentences about experimental parts. */
function gist(text: string | undefined): string {
  const [head = '', ...rest] = sentences(text);
  return [head, ...rest.filter((sentence) => experimental.test(sentence))].join(' ');
}

/** Formats a text after a colon, or a full stop for an empty text. */
function tail(text: string): string {
  if (text === '') return '.';
  const mark = experimental.test(text) ? ' (experimental)' : '';
  const rest = text.replace(experimental, '');
  const start = /^(?:A |[A-Z][a-z])/.test(rest) ? rest.charAt(0).toLowerCase() + rest.slice(1) : rest;
  return `${mark}: ${start}${/[.!?]$/.test(start) ? '' : '.'}`;
}

function join(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

const code = (text: string): string => `\`${text}\``;

function newOperation(title: string, operation: ModelOperation): string[] {
  const summary = typeof operation.source.summary === 'string' ? operation.source.summary : '';
  const parameters = [...operation.parameters.values()]
    .filter(({ place }) => place !== 'path')
    .map(({ name, place, required, form, source }) => {
      const several = form === 'one parameter each' ? ', may be repeated' : '';
      const kind = `${place}${required ? ', required' : ''}${several}`;
      const words = typeof source.description === 'string' ? source.description : '';
      return `  * ${code(name)} (${kind})${tail(gist(words))}`;
    });
  return [`* ${code(title)} is new${tail(summary)}`, ...parameters];
}

interface Sentence {
  readonly one: string;
  readonly several: string;
}

/** The verbs of changes of a property, by direction. */
const propertyVerbs: Readonly<Partial<Record<RuleId, Readonly<Record<Direction, Sentence>>>>> = {
  'property-added': {
    response: { one: 'now returns', several: 'now return' },
    request: { one: 'now accepts', several: 'now accept' },
  },
  'property-added-required': {
    response: { one: 'now always returns', several: 'now always return' },
    request: { one: 'now requires', several: 'now require' },
  },
  'property-removed': {
    response: { one: 'no longer returns', several: 'no longer return' },
    request: { one: 'no longer accepts', several: 'no longer accept' },
  },
};

function propertyLines(change: Change, model: Model): string[] {
  const verbs = propertyVerbs[change.rule];
  if (!verbs) return [];
  const words = tail(gist(change.texts.to));
  if (change.operation !== undefined) {
    const [part = '', ...path] = change.at.split(' ');
    const verb = verbs[part === 'body' ? 'request' : 'response'].one;
    return [`* ${code(change.operation)} ${verb} ${code(path.join(' ') || part)}${words}`];
  }
  // All operations with the property at the same location share a line.
  const lines = new Map<string, string[]>();
  const name = change.rule === 'property-removed' ? (change.was ?? change.definition) : change.definition;
  for (const { operation, direction, path } of routesTo(model, name as string)) {
    if (!change.operations.includes(operation)) continue;
    const key = JSON.stringify([direction, `${path === '' ? '' : `${path}.`}${change.at}`.replace('.[', '[')]);
    lines.set(key, [...(lines.get(key) ?? []), operation]);
  }
  return [...lines].map(([key, operations]) => {
    const [direction, place] = JSON.parse(key) as [Direction, string];
    const verb = verbs[direction][operations.length === 1 ? 'one' : 'several'];
    return `* ${join(operations.map(code))} ${verb} ${code(place)}${words}`;
  });
}

function parameterTitle(at: string): string {
  const [place, ...name] = at.split(' ');
  if (place === 'body' && name.length === 0) return 'a body';
  return `the ${place} parameter ${code(name.join(' '))}`;
}

function wordsLine(change: Change): string | undefined {
  const known = new Set(sentences(change.texts.from));
  const fresh = sentences(change.texts.to).filter((sentence) => !known.has(sentence));
  if (change.rule === 'words-changed' && change.message !== 'description') return undefined;
  if (fresh.length === 0) return undefined;
  return `* The description of ${code(placeOf(change))} says now: ${fresh.join(' ')}`;
}

const silent: ReadonlySet<RuleId> = new Set([
  'version-changed',
  'definition-added',
  'definition-removed',
  'definition-renamed',
  'name-changed',
  'mark-changed',
  'null-hint',
]);

function linesFor(change: Change, from: Model, to: Model): string[] {
  const { rule, operation, at, message, texts } = change;
  const title = code(operation ?? '');
  switch (rule) {
    case 'operation-added': {
      const added = [...to.operations.values()].find((candidate) => candidate.title === operation);
      return added ? newOperation(added.title, added) : [];
    }
    case 'operation-removed':
      return [`* ${title} is gone.`];
    case 'parameter-added':
      return [`* ${title} now accepts ${parameterTitle(at)}${tail(gist(texts.to))}`];
    case 'parameter-added-required':
      return [`* ${title} now requires ${parameterTitle(at)}${tail(gist(texts.to))}`];
    case 'parameter-removed':
      return [`* ${title} no longer accepts ${parameterTitle(at)}.`];
    case 'response-added-success':
    case 'response-added-error':
      return [`* ${title} can now answer ${at}${tail(gist(texts.to))}`];
    case 'property-added':
    case 'property-added-required':
      return propertyLines(change, to);
    case 'property-removed':
      return propertyLines(change, from);
    case 'deprecated':
    case 'values-told':
      return [wordsLine(change) ?? `* ${code(placeOf(change))} is deprecated.`];
    default:
      return [`* ${code(placeOf(change))}: ${message}.`];
  }
}

/**
 * Writes the version history entry for a difference, with the text of the new description.
 *
 * @param comparison the difference
 * @param from the old description
 * @param to the new description
 * @returns Markdown: a heading and a list
 */
export function changelogEntry(comparison: Comparison, from: Model, to: Model): string {
  const { changes } = comparison;
  const told = changes.filter(({ rule }) => !silent.has(rule));
  const words = told.filter(({ rule }) => rule === 'words-changed').map(wordsLine);
  const spoken = words.filter((line) => line !== undefined);
  const lines = told
    .filter((change) => change.rule !== 'words-changed')
    .sort((a, b) => Number(isDocumentation(a)) - Number(isDocumentation(b)))
    .flatMap((change) => linesFor(change, from, to));
  lines.push(...(spoken.length <= mostWords ? spoken : [`* Descriptions changed in ${words.length} places.`]));
  const heading = from.version === to.version ? `## Changes of API v${to.version}` : `## v${to.version} API changes`;
  return `${[heading, '', ...(lines.length > 0 ? lines : ['No changes.'])].join('\n')}\n`;
}
