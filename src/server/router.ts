/** What the router needs to know of an operation; src/generated/operations.ts has it for all of them. */
export interface RoutedOperation {
  readonly operationId: string;
  readonly tag: string;
  readonly method: string;
  /** Path template of the description. */
  readonly path: string;
  /** First API version that has the operation; undefined when all versions have it. */
  readonly since?: string;
}

/** The operation that a request is for. */
export interface RouteMatch<Operation extends RoutedOperation> {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  /** The path as dockerd's router writes it, which its version errors name. */
  readonly pattern: string;
}

interface Route<Operation extends RoutedOperation> {
  readonly operation: Operation;
  readonly pattern: string;
  readonly matcher: RegExp;
  readonly names: readonly string[];
}

/** Path prefixes below which dockerd's parameters are one segment; elsewhere they take slashes too. */
const oneSegment = /^\/(nodes|services|tasks|secrets|configs)\//;

function compile<Operation extends RoutedOperation>(operation: Operation): Route<Operation> {
  const names: string[] = [];
  const greedy = !oneSegment.test(operation.path);
  const source = operation.path
    .split(/\{([^}]*)\}/)
    .map((part, at) => {
      if (at % 2 === 0) return part.replace(/[.*+?^$()[\]\\|]/g, '\\$&');
      names.push(part);
      return greedy ? '([^\\n]*)' : '([^/]+)';
    })
    .join('');
  return {
    operation,
    pattern: greedy ? operation.path.replace(/\{([^}]*)\}/g, '{$1:.*}') : operation.path,
    matcher: new RegExp(`^${source}$`),
    names,
  };
}

/** First segment of a path; a cheap key that few routes share. */
function head(path: string): string {
  const slash = path.indexOf('/', 1);
  return slash < 0 ? path : path.slice(0, slash);
}

/**
 * Finds the operation of a request as dockerd's router does: on the decoded path, names may hold slashes, and what
 * matches no method and path is not found, whatever the method (docs/behaviour.md#paths-and-methods).
 */
export class Router<Operation extends RoutedOperation> {
  private readonly routes = new Map<string, Route<Operation>[]>();

  constructor(operations: readonly Operation[]) {
    // Literal paths first: of `/networks/prune` and `/networks/{id}`, dockerd means the former.
    const ordered = [...operations].sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
    for (const operation of ordered) {
      const key = `${operation.method} ${head(operation.path)}`;
      const known = this.routes.get(key);
      if (known) known.push(compile(operation));
      else this.routes.set(key, [compile(operation)]);
    }
  }

  /**
   * @param method in capitals, as it came
   * @param path decoded and clean, without version prefix
   */
  match(method: string, path: string): RouteMatch<Operation> | undefined {
    for (const route of this.routes.get(`${method} ${head(path)}`) ?? []) {
      const found = route.matcher.exec(path);
      if (!found) continue;
      const params = Object.fromEntries(route.names.map((name, at) => [name, found[at + 1] ?? '']));
      return { operation: route.operation, params, pattern: route.pattern };
    }
    return undefined;
  }
}

/** Split a version prefix off a path: `/v1.55/info` is `1.55` and `/info` (docs/behaviour.md#versions). */
export function splitVersion(path: string): { version: string | undefined; rest: string } {
  const found = /^\/v([0-9.]+)(\/[\s\S]*)$/.exec(path);
  return found ? { version: found[1], rest: found[2] as string } : { version: undefined, rest: path };
}
