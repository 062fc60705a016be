/** Which requirements judge what a change of the description touches. */
import { operations } from '../generated/operations.js';
import { fromPointer } from '../spec/pointer.js';
import type { Requirement } from './requirement.js';

/** A place of the description, as the comparison of descriptions names it. */
export interface ChangedPlace {
  /** Method and path of the operation that contains the place. */
  readonly operation?: string;
  /** The named schema that contains the place. */
  readonly definition?: string;
  /** The place within: a parameter (`query type`), a status (`200 [].Id`), members of a schema. */
  readonly at: string;
  /** The operations that it reaches. */
  readonly operations: readonly string[];
}

/** The ids of requirements: those that name a place, and those of its operations as a whole. */
export interface Judges {
  readonly exact: readonly string[];
  readonly around: readonly string[];
}

interface Target {
  readonly holder: string;
  readonly at: string;
}

/** An operation without the names of its path's parameters, which differ between descriptions. */
const bare = (title: string): string => title.replaceAll(/\{[^}]*\}/g, '{}');

/** The members of a schema that a pointer goes through. */
function members(segments: readonly string[]): string {
  let at = '';
  for (let i = 0; i < segments.length; i += 1) {
    if (segments[i] === 'items') at += '[]';
    else if (segments[i] === 'additionalProperties') at += at === '' ? '*' : '.*';
    else if (segments[i] === 'properties') {
      i += 1;
      at += at === '' ? segments[i] : `.${segments[i]}`;
    }
  }
  return at;
}

/** The place that a requirement's pointer refers to. */
function targetOf({ pointer }: Requirement): Target | undefined {
  if (pointer === null) return undefined;
  const [root, name = '', ...rest] = fromPointer(pointer);
  if (root === 'definitions') return { holder: name, at: members(rest) };
  const [method = '', part, key = '', ...deeper] = rest;
  const holder = bare(`${method.toUpperCase()} ${name}`);
  if (part === 'parameters') {
    const entry = operations.find((each) => each.method === method.toUpperCase() && each.path === name);
    const parameter = entry?.parameters[Number(key)];
    if (parameter === undefined) return { holder, at: '' };
    return { holder, at: parameter.in === 'body' ? 'body' : `${parameter.in} ${parameter.name}` };
  }
  if (part !== 'responses') return { holder, at: '' };
  const [kind, header] = deeper;
  if (kind === 'headers') return { holder, at: `${key} header ${header?.toLowerCase()}` };
  return { holder, at: `${key} ${members(deeper.slice(1))}`.trim() };
}

/** Whether one place is the other, or in it. */
function isWithin(place: string, outer: string): boolean {
  return outer === '' || place === outer || (place.startsWith(outer) && /^[ .[]/.test(place.slice(outer.length)));
}

/**
 * Finds the requirements that judge a changed place.
 *
 * @param places the changed places
 * @param catalogue the requirements
 * @returns ids of the requirements that point at the place, at a part of it or at its parent; and ids of those that
 *   judge an affected operation as a whole
 */
export function judgesOf(places: readonly ChangedPlace[], catalogue: readonly Requirement[]): Judges {
  const exact = new Set<string>();
  const around = new Set<string>();
  for (const requirement of catalogue) {
    const target = targetOf(requirement);
    if (target === undefined) continue;
    for (const { operation, definition, at, operations: reached } of places) {
      const holder = definition ?? bare(operation ?? '');
      const names = target.at !== '' || at === '' || definition !== undefined;
      if (target.holder === holder && names && (isWithin(at, target.at) || isWithin(target.at, at))) {
        exact.add(requirement.id);
      } else if (reached.some((title) => bare(title) === target.holder)) around.add(requirement.id);
    }
  }
  return { exact: [...exact], around: [...around].filter((id) => !exact.has(id)) };
}
