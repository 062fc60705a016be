import KoaRouter, { type RouterMiddleware } from '@koa/router';
import type { Release } from '../engine/release.js';
import { isAtLeast } from '../engine/versions.js';
import type { OperationEntry } from '../spec/table.js';
import type { RequestState, Route, Step } from './app.js';
import { sendNotFound } from './send-response.js';

/** Where an operation is served. */
type Place = Pick<OperationEntry, 'path'> & { readonly method: string };

/** An operation that a request was routed to. */
export interface RouteMatch<R extends Place> {
  readonly route: R;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The path as dockerd's router writes it, for its version errors. */
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

/** An operation behind a route of @koa/router. */
type Registered<R extends Place> = Omit<RouteMatch<R>, 'params'> & { readonly names: readonly string[] };

/** A router for each first path segment, as moby has one for each subject. */
interface Routers<R extends Place> {
  readonly byHead: ReadonlyMap<string, KoaRouter<RequestState>>;
  /** The key in `byHead` for a path. */
  headFor(path: string): string;
  /** By method and path template, which is the name of a route. */
  readonly registered: ReadonlyMap<string, Registered<R>>;
}

/**
 * Registers operations as dockerd does: literal paths come first, and names may hold slashes
 * (docs/reference/behavior/http.md#paths-and-methods). A request is tested against the paths with its first segment only.
 *
 * @param select makes the middleware of a route
 */
function registerRoutes<R extends Place>(
  places: readonly R[],
  select: (registered: Registered<R>) => RouterMiddleware<RequestState>,
): Routers<R> {
  const byHead = new Map<string, KoaRouter<RequestState>>();
  const registered = new Map<string, Registered<R>>();
  const ordered = [...places].sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  const heads = new Set(ordered.map(({ path }) => headOf(path)));
  for (const route of ordered) {
    const { matcher, names, pattern } = compile(route.path);
    const name = `${route.method} ${route.path}`;
    const one = { route, pattern, names };
    registered.set(name, one);
    // Any path can match one whose first segment has a parameter.
    for (const head of headOf(route.path).includes('{') ? [...heads, ''] : [headOf(route.path)]) {
      const router = byHead.get(head) ?? new KoaRouter<RequestState>();
      byHead.set(head, router);
      router.register(matcher, [route.method], select(one), { pathAsRegExp: true, name });
    }
  }
  const headFor = (path: string): string => (heads.has(headOf(path)) ? headOf(path) : '');
  return { byHead, headFor, registered };
}

/** The first segment of a path. */
function headOf(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path : path.slice(0, end);
}

/**
 * Lets @koa/router find the operation. A path that no operation has is not found, without the daemon's headers.
 *
 * @param release an operation newer than its API version is not found
 */
export function route(routes: readonly Route[], release: () => Release): Step {
  const { byHead, headFor } = registerRoutes(routes, ({ route, pattern, names }) => (ctx, next) => {
    // The router takes HEAD for every GET, and goes on to the next route that matches; dockerd does neither.
    if (route.method === ctx.method && ctx.state.match === undefined) {
      // The captures are taken as they are: the path is decoded already.
      const params = Object.fromEntries(names.map((name, at) => [name, ctx.captures?.[at] ?? '']));
      ctx.state.match = { route, pattern, params };
    }
    return next();
  });
  const dispatchers = new Map([...byHead].map(([head, router]) => [head, router.routes()]));
  return (ctx, next) => {
    const proceed = async (): Promise<void> => {
      const { match } = ctx.state;
      const since = match?.route.since;
      const isKnown = match ? since === undefined || isAtLeast(release().api, since) : ctx.method === 'OPTIONS';
      if (isKnown) await next();
      else sendNotFound(ctx);
    };
    const dispatch = dispatchers.get(headFor(ctx.state.path));
    if (dispatch === undefined) return proceed();
    ctx.newRouterPath = ctx.state.path;
    return dispatch(ctx as Parameters<typeof dispatch>[0], proceed);
  };
}

/**
 * Returns a function that finds the operation of a request without answering it.
 *
 * @param operations among which it looks
 * @returns takes a method and a decoded, clean path without version prefix; gives an operationId
 */
export function operationFinder(
  operations: readonly OperationEntry[],
): (method: string, path: string) => string | undefined {
  const { byHead, headFor, registered } = registerRoutes(operations, () => (_ctx, next) => next());
  return (method, path) => {
    const layers = byHead.get(headFor(path))?.match(path, method).pathAndMethod ?? [];
    const found = layers.map(({ name = '' }) => registered.get(name)?.route);
    return found.find((route) => route?.method === method)?.operationId;
  };
}
