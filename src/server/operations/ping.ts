import type { Context } from '../../engine/context.js';
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

/** What clients ask first (docs/behaviour.md#the-daemon-itself). */
export const handlers: DescribedHandlers = {
  SystemPing: (_request, context) => ping(context, 'OK'),

  SystemPingHead: (_request, context) => ping(context, ''),
};
