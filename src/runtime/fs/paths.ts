/** Components of a path, without empty ones and `.`; `..` stays, for links decide what it means. */
export function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** The last component; empty for the root. */
export function baseName(path: string): string {
  return components(path).at(-1) ?? '';
}

/** `/a/b` from `/a` and `b`. */
export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** A path in a directory, or the path itself when it is absolute. Not cleaned: links decide what `..` means. */
export function inDirectory(directory: string, path: string): string {
  return path.startsWith('/') ? path : joinPath(directory, path);
}
