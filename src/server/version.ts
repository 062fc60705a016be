import type { Release } from '../engine/release.js';
import { compareVersions, isAtLeast } from '../engine/versions.js';
import { AttestdError } from '../support/foundation/errors.js';
import { cleanPath as clean, escapePath, percentDecode, splitTarget } from '../support/go/url.js';
import type { AppOptions, RequestContext, Step } from './app.js';
import { leaveOutKeepAlive } from './keep-alive.js';
import { isWait } from './persist-before-reply.js';
import { sendBytes, sendError } from './send-response.js';

const nothing = Buffer.alloc(0);

/** Decodes the path, redirects one that is not clean, and splits off the version: the rest is what `route` looks at. */
export const cleanPath: Step = async (ctx, next) => {
  leaveOutKeepAlive(ctx.req, ctx.res);
  const target = splitTarget(ctx.req.url ?? '/');
  if (target.path === '*' && ctx.method === 'OPTIONS') return sendBytes(ctx, 200, undefined, nothing);
  let path: string;
  try {
    path = percentDecode(target.path, false);
  } catch {
    return sendBytes(ctx, 400, 'text/plain; charset=utf-8', Buffer.from('400 Bad Request'));
  }
  const wanted = clean(path);
  if (wanted !== path) {
    sendBytes(ctx, 301, undefined, nothing);
    ctx.set('Location', `${target.origin}${escapePath(wanted)}${target.search}`);
    return;
  }
  const { version: prefix, rest } = splitVersion(path);
  ctx.state.prefix = prefix;
  ctx.state.path = rest;
  await next();
};

/**
 * Sets the daemon's headers, negotiates the version, and answers with the daemon's error if this or a later step throws.
 * OPTIONS ends here: it is answered for any path (docs/reference/behavior/http.md#versions).
 *
 * @param release whose versions are spoken
 */
export function version(release: () => Release, onFault: AppOptions['onFault']): Step {
  return async (ctx, next) => {
    const { res, state } = ctx;
    const { api, engine } = release();
    res.setHeader('Api-Version', api);
    res.setHeader('Ostype', 'linux');
    res.setHeader('Server', `Docker/${engine} (linux)`);
    try {
      const negotiated = negotiateVersion(state.prefix, release());
      res.setHeader('Docker-Experimental', 'false');
      if (state.match === undefined) return sendBytes(ctx, 200, undefined, nothing);
      locate(ctx, negotiated, state.match.route.operationId);
      requireSince(state.match, negotiated);
      await next();
    } catch (error) {
      sendError(ctx, error, wantsPlainText(state.prefix));
      if (ctx.status >= 500) onFault(error, `${ctx.method} ${ctx.req.url}`);
    }
  };
}

function locate({ state }: RequestContext, apiVersion: string, operationId: string): void {
  state.apiVersion = apiVersion;
  state.operationId = operationId;
  // A wait changes nothing, and a server that ends does not wait for it.
  if (isWait(operationId)) state.changed?.();
}

/** Refuses an operation that the request's version does not have. */
function requireSince({ route, pattern }: NonNullable<RequestContext['state']['match']>, apiVersion: string): void {
  const { method, since } = route;
  if (since === undefined || isAtLeast(apiVersion, since)) return;
  throw new AttestdError('INVALID_ARGUMENT', `${method} ${pattern} requires minimum API version ${since}`);
}

/** Splits a version prefix off a path: `/v1.55/info` is `1.55` and `/info` (docs/reference/behavior/http.md#versions). */
export function splitVersion(path: string): { version: string | undefined; rest: string } {
  const found = /^\/v([0-9.]+)(\/[\s\S]*)$/.exec(path);
  return found ? { version: found[1], rest: found[2] as string } : { version: undefined, rest: path };
}

/**
 * Returns the API version of a request (docs/reference/behavior/http.md#versions).
 *
 * @param prefix the version in the path; undefined without a prefix, which means the newest
 * @param release whose versions are spoken
 * @returns `major.minor`
 * @throws AttestdError INVALID_ARGUMENT if the release does not speak the version
 */
export function negotiateVersion(prefix: string | undefined, { api, minimumApi }: Release): string {
  if (prefix === undefined || prefix === api) return api;
  if (compareVersions(prefix, minimumApi) < 0)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `client version ${prefix} is too old. Minimum supported API version is ${minimumApi}, ` +
        'please upgrade your client to a newer version',
    );
  if (compareVersions(prefix, api) > 0)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `client version ${prefix} is too new. Maximum supported API version is ${api}`,
    );
  const [major = 0, minor = 0] = prefix.split('.').map((part) => Number(part) || 0);
  return `${major}.${minor}`;
}

/** Reports whether a client of this version expects errors as plain text, as clients before 1.24 do. */
export function wantsPlainText(prefix: string | undefined): boolean {
  return prefix !== undefined && compareVersions(prefix, '1.24') < 0;
}
