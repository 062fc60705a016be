/** JSON Pointers (RFC 6901). */

/**
 * Writes a pointer.
 *
 * @param segments member names and array indexes, from the root
 * @returns the pointer, '' for the root
 */
export function toPointer(segments: readonly (string | number)[]): string {
  return segments.map((s) => `/${String(s).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * Splits a pointer.
 *
 * @param pointer a JSON Pointer; a leading `#` is accepted
 * @returns the unescaped segments
 */
export function fromPointer(pointer: string): string[] {
  const text = pointer.startsWith('#') ? pointer.slice(1) : pointer;
  return text
    .split('/')
    .slice(1)
    .map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * Reads the value at a pointer.
 *
 * @param root the value that contains the location
 * @param pointer a JSON Pointer
 * @returns the value, or undefined if the location does not exist
 */
export function getAt(root: unknown, pointer: string): unknown {
  let node: unknown = root;
  for (const segment of fromPointer(pointer)) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, segment)) return undefined;
    node = (node as Record<string, unknown>)[segment];
  }
  return node;
}
