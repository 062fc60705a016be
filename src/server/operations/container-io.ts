import type { Attachment, AttachOptions } from '../../engine/containers/io/attach.js';
import { attachContainer } from '../../engine/containers/io/attach.js';
import { resizeContainer } from '../../engine/containers/io/resize.js';
import { containerLogs, logAttributes } from '../../engine/containers/logs/logs.js';
import { containerStats } from '../../engine/containers/stats.js';
import { containerTop } from '../../engine/containers/top.js';
import type { Context } from '../../engine/context.js';
import { parseUnixTimestamp } from '../../engine/timestamps.js';
import { isAtLeast } from '../../engine/versions.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { atoi } from '../../support/go/strconv.js';
import { readSize } from '../byte-size.js';
import { renderJsonLog, renderLog } from '../container-logs.js';
import { isStreamType, negotiateStreamType } from '../events.js';
import type { Form } from '../form.js';
import type { DescribedHandlers, HijackResult, OperationRequest } from '../operation.js';
import { multiplexedStream, rawStream, refusedAttach, upgraded } from '../streams.js';

/** `since` and `until` of a log: Unix seconds; nothing for none. */
export function timeOf(text: string, name: string): bigint | undefined {
  try {
    return parseUnixTimestamp(text);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `invalid value for "${name}": ${error.message}`, { cause: error });
  }
}

/** How many entries are wanted; all of them for what is no number. */
function tailOf(text: string): number | undefined {
  try {
    const tail = atoi(text);
    return tail < 0 ? undefined : tail;
  } catch {
    return undefined;
  }
}

function wantsJson(request: OperationRequest, form: Form): boolean {
  if (!isAtLeast(request.apiVersion, '1.54')) return false;
  const format = form.get('format');
  if (format !== '' && format !== 'json') throw new AttestdError('INVALID_ARGUMENT', 'unsupported log format');
  return format === 'json' || isStreamType(request.headers.accept);
}

function runs({ run, abandon }: Attachment): Pick<HijackResult, 'kind' | 'run' | 'abandon'> {
  return { kind: 'hijack', run, abandon };
}

function attach(
  request: OperationRequest<'ContainerAttach'>,
  context: Context,
  options: Omit<AttachOptions, 'multiplexed'>,
): HijackResult {
  let attachment: Attachment;
  try {
    attachment = attachContainer(context, request.params.id, { ...options, multiplexed: true });
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    return refusedAttach(error);
  }
  const typed = attachment.multiplexed && isAtLeast(request.apiVersion, '1.42');
  return { ...runs(attachment), ...upgraded(request, typed ? multiplexedStream : rawStream), bare: true };
}

/** Operations on what goes in and out of containers (docs/reference/behavior/streams.md#container-attach, docs/reference/behavior/streams.md#container-logs). */
export const handlers = {
  async ContainerLogs(request, context) {
    const { stdout, stderr, follow, timestamps, tail, ...query } = await request.query();
    const form = await request.form();
    if (!stdout && !stderr)
      throw new AttestdError('INVALID_ARGUMENT', "must specify at least one of 'stdout' or 'stderr'");
    const since = timeOf(form.get('since'), 'since');
    const until = query.until === '0' ? undefined : timeOf(query.until, 'until');
    const json = wantsJson(request, form);
    const range = { since, until, tail: tailOf(tail), follow };
    const { container, entries } = containerLogs(
      context,
      request.params.id,
      { ...range, stdout, stderr },
      request.signal,
    );
    const attributes = form.flag('details') ? await logAttributes(container) : undefined;
    if (json) {
      const contentType = negotiateStreamType(request.headers.accept, 'application/x-ndjson');
      return { kind: 'records', contentType, records: renderJsonLog(entries, contentType, attributes), early: true };
    }
    const multiplexed = !container.config.Tty;
    const records = renderLog(entries, { multiplexed, timestamps, attributes });
    const contentType = multiplexed && isAtLeast(request.apiVersion, '1.42') ? multiplexedStream : rawStream;
    return { kind: 'records', contentType, records, early: true };
  },

  async ContainerAttach(request, context) {
    return attach(request, context, await request.query());
  },

  async ContainerAttachWebsocket(request, context) {
    const options = await request.query();
    const all = isAtLeast(request.apiVersion, '1.42') ? {} : { stdin: true, stdout: true, stderr: true };
    const attachment = attachContainer(context, request.params.id, { ...options, ...all, multiplexed: false });
    return { ...runs(attachment), statusLine: '101 Switching Protocols', webSocket: true };
  },

  async ContainerTop(request, context) {
    const { ps_args } = await request.query();
    return { kind: 'json', value: containerTop(context, request.params.id, ps_args) };
  },

  async ContainerStats(request, context) {
    const { stream, 'one-shot': oneShot } = await request.query();
    const records = containerStats(context, request.params.id, { stream, oneShot }, request.signal);
    // The stream is sent without a type.
    return { kind: 'records', contentType: stream ? '' : 'application/json', records, early: stream };
  },

  async ContainerResize(request, context) {
    resizeContainer(context, request.params.id, readSize(await request.query()));
    return { kind: 'empty' };
  },
} satisfies DescribedHandlers;
