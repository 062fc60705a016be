import type { Context } from '../../engine/context.js';
import { subscribeEvents } from '../../engine/events/subscribe.js';
import { authenticate } from '../../engine/registry/auth.js';
import { daemonInfo, daemonVersion } from '../../engine/system/info.js';
import { diskUsage } from '../../engine/system/usage.js';
import { isAtLeast } from '../../engine/versions.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { jsonLines, negotiateStreamType, renderEvents } from '../events.js';
import { jsonPieces, wholeLength } from '../json-list.js';
import type { DescribedHandlers, OperationResult } from '../operation.js';

const ping = ({ settings, swarm }: Context, text: string): OperationResult<never> => ({
  kind: 'body',
  contentType: 'text/plain; charset=utf-8',
  headers: {
    'Builder-Version': settings.buildkit ? '2' : '1',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Swarm: swarm.current === undefined ? 'inactive' : 'active/manager',
  },
  body: { length: text.length, content: Buffer.from(text) },
  keep: true,
});

/** Longest credentials that are read. */
const maximumCredentials = 1024 * 1024;

async function readAll(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > maximumCredentials) throw new AttestdError('INVALID_ARGUMENT', 'http: request body too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** System operations (docs/reference/behavior/daemon.md#daemon-information, docs/reference/behavior/daemon.md#events). */
export const handlers = {
  SystemPing: (_request, context) => ping(context, 'OK'),

  SystemPingHead: (_request, context) => ping(context, ''),

  SystemVersion: (_request, context) => ({ kind: 'json', value: daemonVersion(context), keep: true }),

  async SystemInfo(request, context) {
    return { kind: 'json', value: daemonInfo(context, { apiVersion: request.apiVersion }) };
  },

  async SystemDataUsage(request, context) {
    const { type: types, verbose } = await request.query();
    const { apiVersion } = request;
    const value = await diskUsage(context, { apiVersion, ...(types.length > 0 && { types }), verbose });
    if (context.store.list().length > wholeLength)
      return { kind: 'records', contentType: 'application/json', records: jsonPieces(value) };
    return { kind: 'json', value };
  },

  async SystemAuth(request, context) {
    return { kind: 'json', value: await authenticate(context, await readAll(request.body), request.signal) };
  },

  async SystemEvents(request, context) {
    const { since, until, filters } = await request.query();
    const legacy = !isAtLeast(request.apiVersion, '1.52');
    const contentType = negotiateStreamType(request.headers.accept, legacy ? 'application/json' : jsonLines);
    const events = subscribeEvents(context, { since, until, filters }, request.signal);
    const withoutCreate = !isAtLeast(request.apiVersion, '1.46');
    const records = renderEvents(events, { contentType, legacy, withoutCreate });
    return { kind: 'records', contentType, records, early: true };
  },
} satisfies DescribedHandlers;
