import KoaRouter from '@koa/router';
import type { OperationEntry } from '../spec/table.js';

/** The operation that a request is for. */
export interface RouteMatch {
  readonly operation: OperationEntry;
  readonly params: Readonly<Record<string, string>>;
  /** The path as dockerd's router writes it, which its version errors name. */
  readonly pattern: string;
}

/** Path prefixes below which dockerd's parameters are one segment; elsewhere they take slashes too. */
const oneSegment = /^\/(nodes|services|tasks|secrets|configs)\//;

/** Lists that dockerd answers with a slash at the end of their paths too. */
const slashed = new Set(['/networks']);

/** A path template of the description as a regular expression, with the names of its groups. */
function compile(path: string): { matcher: RegExp; names: readonly string[]; pattern: string } {
  const names: string[] = [];
  const greedy = !oneSegment.test(path);
  const source = path
    .split(/\{([^{}]*)\}/)
    .map((part, at) => {
      if (at % 2 === 0) return part.replace(/[.*+?^$()[\]\\|]/g, '\\$&');
      names.push(part);
      return greedy ? '([^\\n]*)' : '([^/]+)';
    })
    .join('');
  const pattern = greedy ? path.replace(/\{([^{}]*)\}/g, '{$1:.*}') : path;
  return { matcher: new RegExp(`^${source}${slashed.has(path) ? '/?' : ''}$`), names, pattern };
}

interface Route {
  readonly operation: OperationEntry;
  readonly pattern: string;
  readonly names: readonly string[];
}

/** Finds the operation of a request; takes a method and a decoded, clean path without version prefix. */
export type Router = (method: string, path: string) => RouteMatch | undefined;

/**
 * Route requests to the operations of the description as dockerd does: names may hold slashes
 * (docs/reference/behavior/http.md#paths-and-methods).
 *
 * @param operations what to route to
 * @returns gives undefined for a method and path that no operation has
 */
export function createRouter(operations: readonly OperationEntry[]): Router {
  const routers = new Map<string, KoaRouter>();
  const routes = new Map<string, Route>();
  // Literal paths first: of `/networks/prune` and `/networks/{id}`, dockerd means the former.
  const ordered = [...operations].sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  const heads = new Set(ordered.map(({ path }) => headOf(path)));
  for (const operation of ordered) {
    const { method, path } = operation;
    const { matcher, names, pattern } = compile(path);
    const name = `${method} ${path}`;
    routes.set(name, { operation, pattern, names });
    // One whose first part has a parameter may be meant by any path.
    for (const head of headOf(path).includes('{') ? [...heads, ''] : [headOf(path)]) {
      const router = routers.get(`${method} ${head}`) ?? new KoaRouter();
      routers.set(`${method} ${head}`, router);
      router.register(matcher, [method], () => undefined, { pathAsRegExp: true, name });
    }
  }
  return (method, path) => {
    const head = headOf(path);
    const router = routers.get(`${method} ${heads.has(head) ? head : ''}`);
    const layer = router?.match(path, method).pathAndMethod[0];
    const route = routes.get(layer?.name ?? '');
    if (layer === undefined || route === undefined) return undefined;
    // The groups are taken as they are: the router would decode them once more.
    const groups = layer.captures(path);
    const params = Object.fromEntries(route.names.map((name, at) => [name, groups[at] ?? '']));
    return { operation: route.operation, pattern: route.pattern, params };
  };
}

/**
 * The first part of a path. Each method and first part has a router of its own: one goes through all that it has for each request,
 * and would answer HEAD wherever it answers GET.
 */
function headOf(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path : path.slice(0, end);
}

/**
 * A function that says which operation a request is for, without answering it.
 *
 * @param operations among which it looks
 * @returns takes a method and a decoded, clean path without version prefix; gives an operationId
 */
export function operationFinder(
  operations: readonly OperationEntry[],
): (method: string, path: string) => string | undefined {
  const router = createRouter(operations);
  return (method, path) => router(method, path)?.operation.operationId;
}
