import { embedded, type Fields, goString, map, struct } from '../../support/go/json.js';
import { sorted } from '../../support/go/sorted.js';

/** The name and the labels of a thing of a swarm (`swarm.Annotations`). */
export interface Annotations {
  Name: string;
  Labels: Record<string, string> | undefined;
}

/** The fields for structs that embed annotations. */
export const annotationFields: Fields<Annotations> = embedded<Annotations>('Annotations', {
  Name: goString,
  Labels: map(goString),
});

/** `swarm.Driver`: the name and options of a driver. */
export interface Driver {
  Name?: string;
  Options?: Record<string, string>;
}

export const driverType = struct<Driver>('swarm.Driver', { 'Name?': goString, 'Options?': map(goString) });

/** Returns a driver in the API's form. Undefined without a driver. */
export function driverObject(
  driver: Driver | undefined,
): { Name?: string; Options?: Record<string, string> } | undefined {
  if (driver === undefined) return undefined;
  const { Name: name, Options: options } = driver;
  return {
    ...(name && { Name: name }),
    ...(options && Object.keys(options).length > 0 && { Options: sorted(options) }),
  };
}

/** Returns labels in the API's form. Those of swarm objects are never null. */
export const labelsOf = ({ Labels: labels }: Pick<Annotations, 'Labels'>): Record<string, string> =>
  sorted(labels ?? {});
