import Router, { type RouterContext } from '@koa/router';
import type { Middleware } from 'koa';
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
    .split(/\{([^}]*)\}/)
    .map((part, at) => {
      if (at % 2 === 0) return part.replace(/[.*+?^$()[\]\\|]/g, '\\$&');
      names.push(part);
      return greedy ? '([^\\n]*)' : '([^/]+)';
    })
    .join('');
  const pattern = greedy ? path.replace(/\{([^}]*)\}/g, '{$1:.*}') : path;
  return { matcher: new RegExp(`^${source}${slashed.has(path) ? '/?' : ''}$`), names, pattern };
}

type Answer = (ctx: RouterContext, match: RouteMatch) => Promise<void>;

function routerOf(operations: readonly OperationEntry[], answer: Answer): Router {
  const router = new Router();
  // Literal paths first: of `/networks/prune` and `/networks/{id}`, dockerd means the former.
  const ordered = [...operations].sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  for (const operation of ordered) {
    const { matcher, names, pattern } = compile(operation.path);
    const handle = (ctx: RouterContext): Promise<void> => {
      const params = Object.fromEntries(names.map((name, at) => [name, ctx.captures?.[at] ?? '']));
      return answer(ctx, { operation, pattern, params });
    };
    router.register(matcher, [operation.method], handle, { pathAsRegExp: true, name: operation.operationId });
    const layer = router.stack.at(-1);
    if (layer !== undefined) layer.methods = [operation.method];
  }
  return router;
}

/**
 * Route requests to the operations of the description as dockerd does: on `ctx.newRouterPath`, the decoded path, where
 * names may hold slashes; what matches no method and path goes on to the next middleware
 * (docs/behaviour.md#paths-and-methods).
 *
 * The groups are taken as they are: the router would decode them once more. It would also answer HEAD wherever it
 * answers GET, which dockerd does only where the description says so.
 *
 * @param operations what to route to
 * @param answer answers a request to one of them
 */
export function routeOperations(operations: readonly OperationEntry[], answer: Answer): Middleware {
  return routerOf(operations, answer).routes() as unknown as Middleware;
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
  const router = routerOf(operations, async () => undefined);
  return (method, path) => router.match(path, method).pathAndMethod[0]?.name;
}
