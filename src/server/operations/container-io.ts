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

const nameOf = (request: OperationRequest): string => request.params.id ?? '';

/** `since` and `until` of a log: Unix seconds; nothing for none. */
export function timeOf(form: Form, name: string): bigint | undefined {
  try {
    return parseUnixTimestamp(form.get(name));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `invalid value for "${name}": ${error.message}`, { cause: error });
  }
}

/** How many entries are wanted; all of them for what is no number. */
function tailOf(form: Form): number | undefined {
  try {
    const tail = atoi(form.get('tail'));
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

function attachOptions(form: Form): Omit<AttachOptions, 'multiplexed'> {
  return {
    stdin: form.flag('stdin'),
    stdout: form.flag('stdout'),
    stderr: form.flag('stderr'),
    logs: form.flag('logs'),
    stream: form.flag('stream'),
    detachKeys: form.get('detachKeys'),
  };
}

function runs({ run, abandon }: Attachment): Pick<HijackResult, 'kind' | 'run' | 'abandon'> {
  return { kind: 'hijack', run, abandon };
}

function attach(request: OperationRequest, context: Context, form: Form): HijackResult {
  let attachment: Attachment;
  try {
    attachment = attachContainer(context, nameOf(request), { ...attachOptions(form), multiplexed: true });
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    return refusedAttach(error);
  }
  const typed = attachment.multiplexed && isAtLeast(request.apiVersion, '1.42');
  return { ...runs(attachment), ...upgraded(request, typed ? multiplexedStream : rawStream), bare: true };
}

/** Operations on what goes in and out of containers (docs/reference/behavior/streams.md#container-attach, docs/reference/behavior/streams.md#container-logs). */
export const handlers: DescribedHandlers = {
  async ContainerLogs(request, context) {
    const form = await request.form();
    const [stdout, stderr] = [form.flag('stdout'), form.flag('stderr')];
    if (!stdout && !stderr)
      throw new AttestdError('INVALID_ARGUMENT', "must specify at least one of 'stdout' or 'stderr'");
    const since = timeOf(form, 'since');
    const until = form.get('until') === '0' ? undefined : timeOf(form, 'until');
    const json = wantsJson(request, form);
    const range = { since, until, tail: tailOf(form), follow: form.flag('follow') };
    const { container, entries } = containerLogs(
      context,
      nameOf(request),
      { ...range, stdout, stderr },
      request.signal,
    );
    const attributes = form.flag('details') ? await logAttributes(container) : undefined;
    if (json) {
      const contentType = negotiateStreamType(request.headers.accept, 'application/x-ndjson');
      return { kind: 'records', contentType, records: renderJsonLog(entries, contentType, attributes), early: true };
    }
    const multiplexed = !container.config.Tty;
    const records = renderLog(entries, { multiplexed, timestamps: form.flag('timestamps'), attributes });
    const contentType = multiplexed && isAtLeast(request.apiVersion, '1.42') ? multiplexedStream : rawStream;
    return { kind: 'records', contentType, records, early: true };
  },

  async ContainerAttach(request, context) {
    return attach(request, context, await request.form());
  },

  async ContainerAttachWebsocket(request, context) {
    const form = await request.form();
    const options = attachOptions(form);
    const all = isAtLeast(request.apiVersion, '1.42') ? {} : { stdin: true, stdout: true, stderr: true };
    const attachment = attachContainer(context, nameOf(request), { ...options, ...all, multiplexed: false });
    return { ...runs(attachment), statusLine: '101 Switching Protocols', webSocket: true };
  },

  async ContainerTop(request, context) {
    const form = await request.form();
    return { kind: 'json', value: containerTop(context, nameOf(request), form.get('ps_args')) };
  },

  async ContainerStats(request, context) {
    const form = await request.form();
    const stream = form.flag('stream', true);
    const oneShot = isAtLeast(request.apiVersion, '1.41') && form.flag('one-shot');
    const records = containerStats(context, nameOf(request), { stream, oneShot }, request.signal);
    // The stream is sent without a type.
    return { kind: 'records', contentType: stream ? '' : 'application/json', records, early: stream };
  },

  async ContainerResize(request, context) {
    resizeContainer(context, nameOf(request), readSize(await request.form()));
    return { kind: 'empty' };
  },
};
