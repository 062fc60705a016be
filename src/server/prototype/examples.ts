import type { Json } from '../../spec/document.js';
import { isObject } from '../../spec/document.js';

/** What a reference of an example stands for: a parameter's name, or `body.` and the name of a member. */
export type Lookup = (name: string) => Json | undefined;

const reference = /\{([A-Za-z_][\w.-]*)\}/g;

/**
 * Put what the request says into an example: `{name}` is a parameter's value, `{body.Name}` a member of its body. A text
 * that is nothing but one reference takes the value's type; what the request does not say stays as it is.
 */
export function referring(example: Json, lookup: Lookup): Json {
  if (typeof example === 'string') {
    const [whole, name] = /^\{([A-Za-z_][\w.-]*)\}$/.exec(example) ?? [];
    if (whole !== undefined) return lookup(name as string) ?? example;
    return example.replace(reference, (text, inner: string) => {
      const value = lookup(inner);
      return value === undefined ? text : typeof value === 'string' ? value : JSON.stringify(value);
    });
  }
  if (Array.isArray(example)) return example.map((item) => referring(item, lookup));
  if (!isObject(example)) return example;
  return Object.fromEntries(Object.entries(example).map(([key, value]) => [key, referring(value as Json, lookup)]));
}

/** A lookup in parameters and a body. */
export function lookupIn(parameters: Readonly<Record<string, unknown>>, body: unknown): Lookup {
  return (name) => {
    if (Object.hasOwn(parameters, name)) return parameters[name] as Json;
    const [first, ...steps] = name.split('.');
    if (first !== 'body') return undefined;
    return steps.reduce<unknown>(
      (node, step) => (isObject(node) && Object.hasOwn(node, step) ? node[step] : undefined),
      body,
    ) as Json | undefined;
  };
}
