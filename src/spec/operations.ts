/** Looking up the operations of a description. */
import { type Description, type HttpMethod, httpMethods, type Operation } from './document.js';

/** An operation and where it stands. */
export interface LocatedOperation {
  readonly method: HttpMethod;
  /** Path template, such as `/images/{name}/json`. */
  readonly path: string;
  readonly operation: Operation;
}

/**
 * Lists the operations of a description.
 *
 * @param description a Swagger 2.0 description
 * @returns its operations, in the order of the document
 */
export function listOperations(description: Description): LocatedOperation[] {
  const found: LocatedOperation[] = [];
  for (const [path, item] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if ((httpMethods as readonly string[]).includes(method)) {
        found.push({ method: method as HttpMethod, path, operation: operation as Operation });
      }
    }
  }
  return found;
}

/**
 * Finds an operation by its id.
 *
 * @param description a Swagger 2.0 description
 * @param operationId such as `ImageInspect`
 * @returns the operation, or undefined
 */
export function findOperation(description: Description, operationId: string): LocatedOperation | undefined {
  return listOperations(description).find(({ operation }) => operation.operationId === operationId);
}
